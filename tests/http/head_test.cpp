#include "http/head.hpp"

#include <gtest/gtest.h>

#include <string>

namespace convertd {

namespace {

ec parsed(const std::string& text) {
  request_head head;
  return head.parse(text).code;
}

ec with_fields(const std::string& fields) {
  return parsed("POST /api/jobs HTTP/1.1\r\nHost: x\r\n" + fields + "\r\n");
}

} // namespace

TEST(RequestHead, ReadsAnOrdinaryRequest) {
  request_head head;
  auto why =
    head.parse("GET /a/b?c=d HTTP/1.1\r\nHost: h:80\r\nX-One:  two \r\nx-ONE: three\r\n\r\n");
  EXPECT_FALSE(why);
  EXPECT_EQ(head.method(), "GET");
  EXPECT_EQ(head.target(), "/a/b?c=d");
  EXPECT_EQ(head.path(), "/a/b");
  EXPECT_EQ(head.host(), "h:80");
  EXPECT_EQ(head.header("x-one"), "two");
  EXPECT_FALSE(head.has_body());
  EXPECT_TRUE(head.keep_alive());
}

TEST(RequestHead, RefusesAmbiguousLengths) {
  for (const char* fields : {
         "Content-Length: 5\r\nContent-Length: 5\r\n",
         "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
         "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
         "Transfer-Encoding: chunked, chunked\r\n",
         "Transfer-Encoding: gzip, chunked\r\n",
         "Transfer-Encoding: xchunked\r\n",
         "Transfer-Encoding: identity\r\n",
         "Transfer-Encoding:\r\n",
         "Content-Length: 5, 5\r\n",
         "Content-Length: -1\r\n",
         "Content-Length: +5\r\n",
         "Content-Length: 0x5\r\n",
         "Content-Length: 3x\r\n",
         "Content-Length: 1 2\r\n",
         "Content-Length:\r\n",
         "Content-Length: 99999999999999999999\r\n",
       })
    EXPECT_EQ(with_fields(fields), ec::bad_request) << fields;
}

TEST(RequestHead, RefusesMalformedFields) {
  for (const char* fields : {
         "Host : x\r\n",
         " folded: x\r\n",
         "X: a\r\n b\r\n",
         "no colon\r\n",
         ": empty\r\n",
         "X\x01: a\r\n",
         "X: a\x01\r\n",
         "X: a\rb\r\n",
         "Expect: 200-maybe\r\n",
       })
    EXPECT_EQ(with_fields(fields), ec::bad_request) << fields;
  EXPECT_EQ(with_fields(std::string{"X: a\0b\r\n", 8}), ec::bad_request);
}

TEST(RequestHead, WantsExactlyOneHost) {
  EXPECT_EQ(parsed("GET / HTTP/1.1\r\n\r\n"), ec::bad_request);
  EXPECT_EQ(parsed("GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n"), ec::bad_request);
  EXPECT_EQ(parsed("GET / HTTP/1.1\r\nHost: a/b\r\n\r\n"), ec::bad_request);
  EXPECT_EQ(parsed("GET / HTTP/1.0\r\n\r\n"), ec::none);
}

TEST(RequestHead, RefusesMalformedRequestLines) {
  for (const char* line :
       {"GET /", "GET", "", "GET  / HTTP/1.1", "GET / a HTTP/1.1", "GET / HTTP/2.0",
        "GET / http/1.1", "GET x HTTP/1.1", "GET * HTTP/1.1", "G@T / HTTP/1.1",
        "GET /\x7f HTTP/1.1", "GET /#a HTTP/1.1", "PRI * HTTP/2.0"})
    EXPECT_EQ(parsed(std::string{line} + "\r\nHost: x\r\n\r\n"), ec::bad_request) << line;
}

TEST(RequestHead, KnowsTheMethods) {
  EXPECT_EQ(parsed("BREW / HTTP/1.1\r\nHost: x\r\n\r\n"), ec::method_not_allowed);
  EXPECT_EQ(parsed("CONNECT /x HTTP/1.1\r\nHost: x\r\n\r\n"), ec::method_not_allowed);
}

TEST(RequestHead, TakesTheAbsoluteForm) {
  request_head head;
  EXPECT_FALSE(head.parse("GET http://h/p?q HTTP/1.1\r\nHost: h\r\n\r\n"));
  EXPECT_EQ(head.target(), "/p?q");
  EXPECT_FALSE(head.parse("GET http://h HTTP/1.1\r\nHost: h\r\n\r\n"));
  EXPECT_EQ(head.target(), "/");
}

TEST(RequestHead, BoundsTargetAndFields) {
  EXPECT_EQ(parsed("GET /" + std::string(target_bytes_max, 'a') + " HTTP/1.1\r\nHost: x\r\n\r\n"),
            ec::head_too_large);
  std::string many;
  for (std::size_t i = 0; i < head_fields_max; ++i)
    many += "A: b\r\n";
  EXPECT_EQ(with_fields(many), ec::head_too_large);
}

TEST(RequestHead, RefusesCodedBodies) {
  EXPECT_EQ(with_fields("Content-Encoding: gzip\r\nContent-Length: 5\r\n"), ec::unsupported_format);
  EXPECT_EQ(with_fields("Content-Encoding: identity\r\nContent-Length: 5\r\n"), ec::none);
}

TEST(RequestHead, TellsWhetherTheConnectionStays) {
  request_head head;
  auto stays = [&](const std::string& version, const std::string& fields) {
    EXPECT_FALSE(head.parse("GET / HTTP/" + version + "\r\nHost: x\r\n" + fields + "\r\n"));
    return head.keep_alive();
  };
  EXPECT_TRUE(stays("1.1", ""));
  EXPECT_FALSE(stays("1.1", "Connection: close\r\n"));
  EXPECT_FALSE(stays("1.1", "Connection: x\r\nConnection: y, CLOSE\r\n"));
  EXPECT_FALSE(stays("1.0", ""));
  EXPECT_TRUE(stays("1.0", "Connection: Keep-Alive\r\n"));
}

TEST(RequestHead, IsNotConfusedByTheHeadBefore) {
  request_head head;
  EXPECT_FALSE(head.parse("POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n"));
  EXPECT_FALSE(head.parse("GET /b HTTP/1.1\r\nHost: x\r\n\r\n"));
  EXPECT_FALSE(head.has_body());
  EXPECT_TRUE(head.parse("junk\r\n\r\n"));
  EXPECT_TRUE(head.method().empty());
}

TEST(FindHeadEnd, FindsTheEmptyLineHoweverItArrives) {
  std::string text = "GET / HTTP/1.1\r\nHost: x\r\n\r\nrest";
  auto size = text.size() - 4;
  for (std::size_t first = 0; first <= size; ++first) {
    auto early = find_head_end(std::string_view{text}.substr(0, first), 0);
    EXPECT_FALSE(early.bad);
    EXPECT_EQ(early.size, first == size ? size : 0);
    EXPECT_EQ(find_head_end(text, early.size > 0 ? 0 : first).size, size);
  }
}

TEST(FindHeadEnd, RefusesBareLineFeedsAtOnce) {
  EXPECT_TRUE(find_head_end("GET / HTTP/1.1\n", 0).bad);
  EXPECT_TRUE(find_head_end("\n", 0).bad);
  EXPECT_TRUE(find_head_end("GET / HTTP/1.1\r\nHost: x\n\n", 0).bad);
}

} // namespace convertd
