// One POST: what is sent, and what is taken of the answer.
#include "tests/webhooks/listener.hpp"
#include "webhooks/poster.hpp"
#include "webhooks/target_url.hpp"

#include <gtest/gtest.h>

#include <variant>

namespace convertd {
namespace {

using namespace std::chrono_literals;

class PosterTest : public testing::Test {
protected:
  PosterTest() {
    start_posting();
    options.guard = address_guard{parse_networks("127.0.0.1 ::1")};
  }

  post_result send(const listener& to, std::string body = "{}") const {
    auto url = "http://127.0.0.1:" + std::to_string(to.port()) + "/hook?a=b";
    return post({url, {"convertly-event: conversion.started"}, "convertd-webhooks/1", body},
                options);
  }

  poster_options options;
};

TEST_F(PosterTest, SendsWhatItWasGivenAndNothingElse) {
  listener to;
  EXPECT_TRUE(send(to, R"({"id":"evt_1"})").accepted());
  auto port = std::to_string(to.port());
  EXPECT_EQ(to.request(), "POST /hook?a=b HTTP/1.1\r\nHost: 127.0.0.1:" + port
                            + "\r\nUser-Agent: convertd-webhooks/1\r\nAccept: */*\r\n"
                              "content-type: application/json\r\n"
                              "convertly-event: conversion.started\r\n"
                              "Content-Length: 14\r\n\r\n{\"id\":\"evt_1\"}");
}

TEST_F(PosterTest, ALargeBodyIsSentWithoutWaitingForAContinue) {
  listener to;
  EXPECT_EQ(send(to, std::string(2'000'000, 'x')).status, 200); // libcurl would say Expect
  EXPECT_EQ(to.request().find("xpect"), std::string::npos);
}

TEST_F(PosterTest, OnlyTwoHundredsAreSuccess) {
  for (int status : {200, 201, 204, 299, 300, 302, 400, 404, 410, 500, 503}) {
    listener to{
      "::", 0,
      listener::answer("HTTP/1.1 " + std::to_string(status) + " X\r\nContent-Length: 0\r\n\r\n")};
    auto result = send(to);
    EXPECT_EQ(result.status, status);
    EXPECT_EQ(result.accepted(), status < 300);
  }
}

TEST_F(PosterTest, KeepsTheBeginningOfALongAnswerAndReadsNoMore) {
  listener to{"::", 0, [](int socket, const std::string&) {
                std::string head = "HTTP/1.1 200 OK\r\n\r\n";
                static_cast<void>(::send(socket, head.data(), head.size(), MSG_NOSIGNAL));
                std::string piece(64 * 1024, 'a'); // for ever, if somebody listens
                while (::send(socket, piece.data(), piece.size(), MSG_NOSIGNAL) > 0) {
                }
              }};
  auto result = send(to);
  EXPECT_EQ(result.status, 200);
  EXPECT_EQ(result.body, std::string(response_bytes_kept, 'a'));
}

TEST_F(PosterTest, AnEndlessHeadIsGivenUp) {
  listener to{"::", 0, [](int socket, const std::string&) {
                std::string piece = "HTTP/1.1 200 OK\r\n";
                do
                  piece = "x-more: " + std::string(1000, 'a') + "\r\n";
                while (::send(socket, piece.data(), piece.size(), MSG_NOSIGNAL) > 0);
              }};
  auto result = send(to);
  EXPECT_EQ(result.status, 0);
  EXPECT_FALSE(result.trouble.empty());
}

TEST_F(PosterTest, TheTimeIsOneForEverything) {
  listener to{"::", 0, [](int socket, const std::string&) { // a byte now and then
                std::string head = "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n";
                static_cast<void>(::send(socket, head.data(), head.size(), MSG_NOSIGNAL));
                char end = 0;
                timeval wait{0, 50'000};
                ::setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
                while (::recv(socket, &end, 1, 0) != 0 && ::send(socket, "x", 1, MSG_NOSIGNAL) > 0)
                  ;
              }};
  options.time_max = 500ms;
  auto begun = std::chrono::steady_clock::now();
  auto result = send(to);
  auto took = std::chrono::steady_clock::now() - begun;
  EXPECT_EQ(result.status, 0);
  EXPECT_EQ(result.trouble, "The receiver did not answer in time.");
  EXPECT_GE(took, 450ms);
  EXPECT_LT(took, 5s);
}

TEST_F(PosterTest, TheLookupCountsToo) {
  options.time_max = 200ms;
  options.look_up = [](const std::string&, const std::function<bool()>& give_up) {
    while (!give_up())
      std::this_thread::yield();
    return std::optional<std::vector<ip_address>>{};
  };
  EXPECT_EQ(post({"http://slow.test/", {}, "test", ""}, options).trouble,
            "The receiver's name could not be looked up.");
}

TEST_F(PosterTest, StopBreaksOffAtOnce) {
  std::atomic<bool> stop = true;
  options.stop = &stop;
  options.time_max = 30s;
  listener to{"::", 0, [](int socket, const std::string&) {
                char end = 0;
                static_cast<void>(::recv(socket, &end, 1, 0)); // until the other side goes
              }};
  auto begun = std::chrono::steady_clock::now();
  EXPECT_EQ(send(to).status, 0);
  EXPECT_LT(std::chrono::steady_clock::now() - begun, 10s);
}

TEST_F(PosterTest, WhatIsNoHttpIsNoAnswer) {
  listener to{"::", 0, listener::answer("hello\r\n\r\n")};
  EXPECT_EQ(send(to).status, 0);
}

TEST(TargetUrlTest, IsReadAsItIsConnectedTo) {
  address_guard none;
  auto url = std::get<target_url>(parse_target("HTTPS://Hooks.Example.com/a/b?c=d", none));
  EXPECT_EQ(url.host, "Hooks.Example.com");
  EXPECT_EQ(url.port, 443);
  EXPECT_EQ(std::get<target_url>(parse_target("http://x.example:8080", none)).port, 8080);
  EXPECT_EQ(std::get<target_url>(parse_target("http://[2606:4700::1111]/", none)).host,
            "2606:4700::1111");
}

TEST(TargetUrlTest, ComplaintsSayWhatIsWrong) {
  address_guard none;
  auto complaint = [&](std::string_view text) {
    auto result = parse_target(text, none);
    auto* found = std::get_if<std::string>(&result);
    return found ? *found : std::string{};
  };
  EXPECT_NE(complaint("ftp://example.com/").find("http:// or https://"), std::string::npos);
  EXPECT_NE(complaint("example.com/hook").find("http"), std::string::npos);
  EXPECT_NE(complaint("http://a:b@example.com/").find("password"), std::string::npos);
  EXPECT_NE(complaint("http://10.0.0.1/").find("not public"), std::string::npos);
  EXPECT_NE(complaint("http://127.1/").find("not public"), std::string::npos);
  EXPECT_NE(complaint("http://exämple.com/").find("xn--"), std::string::npos);
  EXPECT_NE(complaint("http://" + std::string(2'048, 'a')).find("longer"), std::string::npos);
  EXPECT_EQ(complaint("http://example.com/"), "");
}

} // namespace
} // namespace convertd
