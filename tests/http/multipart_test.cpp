#include "http/multipart.hpp"
#include "http/request_refused.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace convertd {

namespace {

struct part {
  std::string name;
  std::optional<std::string> filename;
  std::string bytes;

  friend bool operator==(const part&, const part&) = default;
};

class collector : public multipart_sink {
public:
  void begin_part(const part_head& head) override {
    parts.push_back({head.name, head.filename, {}});
  }
  void part_bytes(std::string_view bytes) override {
    parts.back().bytes += bytes;
  }
  void end_part() override {
    ++ended;
  }

  std::vector<part> parts;
  std::size_t ended = 0;
};

/// Gives `text` to a parser in pieces of `size` bytes, the first of `first`.
std::vector<part> parse(const std::string& text, std::size_t first, std::size_t size,
                        const std::string& boundary = "b") {
  collector into;
  multipart_parser parser{boundary, into};
  std::string waiting;
  for (std::size_t at = 0; at < text.size();) {
    auto count = at == 0 && first > 0 ? first : size;
    waiting += text.substr(at, count);
    at += count;
    waiting.erase(0, parser.consume(waiting));
  }
  parser.finish(waiting);
  EXPECT_EQ(into.ended, into.parts.size());
  return into.parts;
}

std::vector<part> parse(const std::string& text) {
  return parse(text, 0, text.size());
}

bool is_bad(const std::string& text) {
  try {
    parse(text);
    return false;
  } catch (const request_refused& refusal) {
    return refusal.why().code == ec::bad_request;
  }
}

const std::string two_parts =
  "preamble\r\n--b\r\n"
  "Content-Disposition: form-data; name=\"format\"\r\n\r\nwebp\r\n--b \t\r\n"
  "Content-Type: image/png\r\n"
  "content-disposition: form-data; name=files; filename=\"a;b.png\"\r\n\r\n"
  "\r\n--\r\n--a\r\n--\r\r\n\r\n--b--\r\nepilogue";

std::string one_part(const std::string& disposition) {
  return "--b\r\nContent-Disposition: form-data; " + disposition + "\r\n\r\nx\r\n--b--\r\n";
}

} // namespace

TEST(Multipart, SplitsAtEveryPosition) {
  std::vector<part> wanted{{"format", std::nullopt, "webp"},
                           {"files", "a;b.png", "\r\n--\r\n--a\r\n--\r\r\n"}};
  for (std::size_t first = 1; first < two_parts.size(); ++first)
    EXPECT_EQ(parse(two_parts, first, two_parts.size()), wanted) << first;
  for (std::size_t size = 1; size < 40; ++size)
    EXPECT_EQ(parse(two_parts, 0, size), wanted) << size;
}

TEST(Multipart, NeedsNoPreambleAndNoParts) {
  EXPECT_EQ(parse(one_part("name=a")), (std::vector<part>{{"a", std::nullopt, "x"}}));
  EXPECT_TRUE(parse("--b--").empty());
  EXPECT_TRUE(parse("--b--\r\n").empty());
}

TEST(Multipart, KeepsEmptyParts) {
  auto parts = parse("--b\r\nContent-Disposition: form-data; name=a\r\n\r\n\r\n--b--\r\n");
  EXPECT_EQ(parts, (std::vector<part>{{"a", std::nullopt, ""}}));
}

TEST(Multipart, PartsWithoutHeadHaveNoName) {
  EXPECT_EQ(parse("--b\r\n\r\nx\r\n--b--"), (std::vector<part>{{"", std::nullopt, "x"}}));
}

TEST(Multipart, ReadsFileNamesInAllTheirForms) {
  auto name = [](const std::string& disposition) {
    return parse(one_part(disposition))[0].filename;
  };
  EXPECT_EQ(name("name=a; filename=plain.png"), "plain.png");
  EXPECT_EQ(name("name=a; filename=\"with \\\"quotes\\\".png\""), "with \"quotes\".png");
  EXPECT_EQ(name("name=a; filename=\"C:\\dir\\x.png\""), "C:\\dir\\x.png");
  EXPECT_EQ(name("name=a; filename=\"\""), "");
  EXPECT_EQ(name("name=a; filename=\"x.png\"; filename*=UTF-8''%C3%A9%20.png"), "\xC3\xA9 .png");
  EXPECT_EQ(name("name=a; filename*=utf-8'en'a.png"), "a.png");
  EXPECT_EQ(name("name=a; filename=\"x.png\"; filename*=latin1''y"), "x.png");
  EXPECT_EQ(name("filename=\"name=evil; x\"; name=a"), "name=evil; x");
}

TEST(Multipart, RefusesBodiesThatBreakOff) {
  auto text = one_part("name=a");
  auto closing = text.size() - 2;
  for (std::size_t size = 0; size < closing; ++size)
    EXPECT_TRUE(is_bad(text.substr(0, size))) << size;
}

TEST(Multipart, RefusesLongPartHeads) {
  EXPECT_TRUE(is_bad(one_part("name=" + std::string(part_head_bytes_max, 'a'))));
  EXPECT_TRUE(is_bad("--b\r\n" + std::string(part_head_bytes_max + 100, 'a')));
}

TEST(Multipart, RefusesTextAfterADelimiter) {
  EXPECT_TRUE(is_bad("--b\r\n\r\nx\r\n--bx\r\n--b--"));
}

TEST(Multipart, RefusesMorePartsThanThereMayBe) {
  std::string text;
  for (std::size_t i = 0; i <= parts_max; ++i)
    text += "--b\r\n\r\n\r\n";
  EXPECT_TRUE(is_bad(text + "--b--"));
}

TEST(Multipart, FindsTheBoundary) {
  EXPECT_EQ(boundary_of("multipart/form-data; boundary=abc"), "abc");
  EXPECT_EQ(boundary_of("Multipart/Form-Data; charset=utf-8; BOUNDARY=\"a b\""), "a b");
  EXPECT_THROW(boundary_of("multipart/form-data"), request_refused);
  EXPECT_THROW(boundary_of("multipart/form-data; boundary="), request_refused);
  EXPECT_THROW(boundary_of("multipart/form-data; boundary=" + std::string(71, 'a')),
               request_refused);
  EXPECT_THROW(boundary_of("application/json"), request_refused);
  EXPECT_THROW(boundary_of(""), request_refused);
}

} // namespace convertd
