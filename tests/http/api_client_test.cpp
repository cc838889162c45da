#include "http/api_client.hpp"
#include "http/event_parser.hpp"
#include "http/form_source.hpp"
#include "storage/fd.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace convertd {
namespace {

TEST(EventParserTest, EventsComeWholeHoweverTheirBytesArrive) {
  const std::string text =
    ": hello\n\nid: 7\nevent: job\ndata: {\"a\":\ndata: 1}\n\nevent: file\r\ndata: x\r\n\r\n";
  for (std::size_t step : {std::size_t{1}, std::size_t{7}, text.size()}) {
    event_parser parser;
    std::vector<api_event> found;
    for (std::size_t at = 0; at < text.size(); at += step)
      for (auto& x : parser.feed(std::string_view{text}.substr(at, step)))
        found.push_back(x);
    ASSERT_EQ(found.size(), 2u) << step;
    EXPECT_EQ(found[0].id, "7");
    EXPECT_EQ(found[0].name, "job");
    EXPECT_EQ(found[0].data, "{\"a\":\n1}");
    EXPECT_EQ(found[1].name, "file");
    EXPECT_EQ(found[1].data, "x");
  }
}

TEST(EventParserTest, WhatHasNoDataIsNoEvent) {
  EXPECT_TRUE(event_parser{}.feed("id: 7\nevent: job\n\n: comment\n\n").empty());
}

class FormSourceTest : public testing::Test {
protected:
  FormSourceTest() {
    std::string name = std::filesystem::temp_directory_path() / "convertd-form-XXXXXX";
    folder = ::mkdtemp(name.data());
  }
  ~FormSourceTest() override {
    std::filesystem::remove_all(folder);
  }
  std::filesystem::path file(const std::string& name, const std::string& text) const {
    std::ofstream{folder / name} << text;
    return folder / name;
  }
  static std::string whole(form_source& of, std::uint64_t step) {
    std::string out;
    while (out.size() < of.size())
      out += of.read(out.size(), step);
    return out;
  }
  std::filesystem::path folder;
};

TEST_F(FormSourceTest, BytesAreAsManyAsWereSaidAndTheSameInAllPieces) {
  form_source form{
    {{{"format", "webp"}}, {file("a.jpg", std::string(200'000, 'a')), file("b\".png", "b")}}};
  auto all = whole(form, 1'000'000);
  EXPECT_EQ(all.size(), form.size());
  EXPECT_EQ(whole(form, 777), all);
  EXPECT_NE(all.find("name=\"format\"\r\n\r\nwebp\r\n"), std::string::npos);
  EXPECT_NE(all.find("filename=\"b%22.png\"\r\n"), std::string::npos);
  EXPECT_TRUE(all.ends_with("--\r\n"));
}

TEST_F(FormSourceTest, FileThatIsMissingEmptyOrAFolderIsRefusedBeforeAnythingIsSent) {
  EXPECT_THROW((form_source{{{}, {folder / "none"}}}), std::system_error);
  EXPECT_THROW((form_source{{{}, {file("empty", "")}}}), std::invalid_argument);
  EXPECT_THROW((form_source{{{}, {folder}}}), std::invalid_argument);
}

TEST_F(FormSourceTest, FileThatBecomesShorterEndsTheUpload) {
  auto name = file("a.jpg", std::string(100'000, 'a'));
  form_source form{{{}, {name}}};
  std::filesystem::resize_file(name, 10);
  EXPECT_THROW(whole(form, 4096), std::system_error);
}

TEST(ApiClientTest, ServerIsAUrlWithoutAPath) {
  EXPECT_THROW((api_client{"localhost:8080", ""}), std::invalid_argument);
  EXPECT_THROW((api_client{"http://", ""}), std::invalid_argument);
  EXPECT_THROW((api_client{"http://localhost/api", ""}), std::invalid_argument);
  EXPECT_EQ((api_client{"http://localhost:8080/", ""}.server()), "http://localhost:8080");
}

TEST(ApiClientTest, NobodyThereIsUnreachable) {
  api_client client{"http://127.0.0.1:1", ""};
  EXPECT_THROW(client.get("/livez"), unreachable);
}

} // namespace
} // namespace convertd
