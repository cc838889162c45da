// The pages for browsers: what is sent with them, and that they need nothing from elsewhere.
#include "http/web.hpp"
#include "tests/http/test_server.hpp"

#include <gtest/gtest.h>

#include <regex>
#include <set>
#include <string>
#include <zlib.h>

namespace convertd {

namespace {

std::string unzipped(std::string zipped) {
  z_stream stream{};
  inflateInit2(&stream, 15 + 16);
  std::string out(1U << 20U, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(zipped.data());
  stream.avail_in = static_cast<uInt>(zipped.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(inflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(stream.total_out);
  inflateEnd(&stream);
  return out;
}

std::string_view text_of(std::string_view name) {
  for (const auto& each : web_files())
    if (each.name == name)
      return each.text;
  return {};
}

} // namespace

TEST_F(TestServer, ConsoleIsServedWithoutAKeyUnderAStrictPolicy) {
  start();
  auto got = client().ask(get("/"));
  EXPECT_EQ(got.status, 200);
  EXPECT_EQ(got.header("content-type"), "text/html; charset=utf-8");
  EXPECT_EQ(got.body, text_of("index.html"));
  EXPECT_TRUE(got.header("content-security-policy").starts_with("default-src 'none';"));
  EXPECT_EQ(got.header("content-security-policy").find("unsafe"), std::string::npos);
  EXPECT_EQ(got.header("x-content-type-options"), "nosniff");
  EXPECT_EQ(got.header("referrer-policy"), "no-referrer");
  EXPECT_EQ(client().ask(get("/docs")).body, text_of("docs.html"));
}

TEST_F(TestServer, PagesAreZippedForWhoeverTakesIt) {
  start();
  for (const auto& each : web_files()) {
    auto path = "/web/" + std::string{each.name};
    auto got = client().ask(get(path, "Accept-Encoding: br, gzip\r\n"));
    EXPECT_EQ(got.header("content-encoding"), "gzip");
    EXPECT_EQ(unzipped(got.body), each.text) << path;
    EXPECT_EQ(client().ask(get(path, "Accept-Encoding: gzip;q=0\r\n")).body, each.text) << path;
  }
}

TEST_F(TestServer, PageThatTheBrowserHasIsNotSentAgain) {
  start();
  auto first = client().ask(get("/web/base.css"));
  EXPECT_EQ(first.header("content-type"), "text/css; charset=utf-8");
  auto again =
    client().ask(get("/web/base.css", "If-None-Match: " + first.header("etag") + "\r\n"));
  EXPECT_EQ(again.status, 304);
  auto changed = client().ask(get("/web/base.css", "If-None-Match: \"other\"\r\n"));
  EXPECT_EQ(changed.status, 200);
}

TEST_F(TestServer, FileThatIsNotOfThePagesIsNotFound) {
  start();
  for (const auto* path : {"/web/nothing.js", "/web/", "/web/..", "/web/%2e%2e%2fhttp%2fweb.cpp"})
    EXPECT_EQ(client().ask(get(path)).status, 404) << path;
}

TEST(Web, EveryFileThatIsNamedIsThere) {
  std::regex named{R"re((?:href|src)="/web/([^"]+)"|from '\./([^']+)'|import\('\./([^']+)'\))re"};
  for (const auto& each : web_files()) {
    std::string text{each.text};
    for (std::sregex_iterator at{text.begin(), text.end(), named}, end; at != end; ++at) {
      auto name = (*at)[1].str() + (*at)[2].str() + (*at)[3].str();
      EXPECT_FALSE(text_of(name).empty()) << each.name << " names " << name;
    }
  }
}

TEST(Web, NothingIsLoadedFromElsewhere) {
  std::regex foreign{R"re((src|href)="(https?:)?//|@import|url\(\s*['"]?http|innerHTML|eval\()re"};
  for (const auto& each : web_files())
    EXPECT_FALSE(std::regex_search(std::string{each.text}, foreign)) << each.name;
}

} // namespace convertd
