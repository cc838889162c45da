// No spelling, no name and no trick leads to an address that the guard refuses.
#include "tests/webhooks/listener.hpp"
#include "tests/webhooks/spellings.hpp"
#include "webhooks/poster.hpp"

#include <gtest/gtest.h>

#include <map>

namespace convertd {
namespace {

using namespace std::chrono_literals;
using answers = std::vector<std::string_view>;

/// Names as an attacker's name server gives them; all others by the system.
std::optional<std::vector<ip_address>> hostile_names(const std::string& host,
                                                     const std::function<bool()>& give_up) {
  static const std::map<std::string_view, answers> names{
    {"loop.test", {"127.0.0.1"}},
    {"mixed.test", {"127.0.0.1", "::1"}},
    {"mapped.test", {"::ffff:127.0.0.1"}},
    {"zero.test", {"0.0.0.0"}},
    {"six.test", {"::1"}},
    {"metadata.test", {"169.254.169.254"}},
    {"private.test", {"10.0.0.1", "192.168.0.1"}},
    {"nat64.test", {"64:ff9b::7f00:1"}},
    {"many.test", {"8.8.8.8", "2606:4700::1111", "127.0.0.1"}}, // one closed among public ones
  };
  auto found = names.find(host);
  if (found == names.end())
    return resolve(host, give_up);
  std::vector<ip_address> out;
  for (auto text : found->second)
    out.push_back(parse_ip(text).value());
  return out;
}

class SsrfTest : public testing::Test {
protected:
  SsrfTest() {
    start_posting();
    options.look_up = hostile_names;
  }

  post_result send(std::string_view url) const {
    std::string text{url};
    for (std::size_t at = 0; (at = text.find("PORT")) != text.npos;)
      text.replace(at, 4, std::to_string(at_home.port()));
    return post({text, {}, "test", "{}"}, options);
  }

  listener at_home;
  poster_options options;
};

TEST_F(SsrfTest, NoSpellingReachesLoopback) {
  for (const auto* url : loopback_spellings) {
    auto result = send(url);
    EXPECT_EQ(result.status, 0) << url;
    EXPECT_FALSE(result.trouble.empty()) << url;
  }
  EXPECT_EQ(at_home.accepted(), 0);
}

TEST_F(SsrfTest, NoOtherSpellingReachesAnything) {
  for (const auto* url : other_spellings) {
    auto result = send(url);
    EXPECT_EQ(result.status, 0) << url;
    EXPECT_TRUE(result.trouble.starts_with("The URL must")
                || result.trouble.starts_with("The receiver's name"))
      << url << " was connected to: " << result.trouble;
  }
  EXPECT_EQ(at_home.accepted(), 0);
}

TEST_F(SsrfTest, WithoutTheGuardTheSameSpellingsDoReachLoopback) {
  options.guarded = false;
  int expected = 0;
  for (const auto* url : loopback_spellings) {
    EXPECT_EQ(send(url).status, 200) << url;
    EXPECT_EQ(at_home.accepted(), ++expected) << url;
  }
}

TEST_F(SsrfTest, ANameThatIsRebuiltIsLookedUpOnceAndThatAnswerIsUsed) {
  listener allowed{"::ffff:127.0.0.2", 0};
  listener closed{"::ffff:127.0.0.1", allowed.port()};
  options.guard = address_guard{parse_networks("127.0.0.2")};
  int asked = 0;
  options.look_up = [&](const std::string&, const std::function<bool()>&) {
    return std::vector{parse_ip(++asked == 1 ? "127.0.0.2" : "127.0.0.1").value()};
  };
  auto url = "http://rebind.test:" + std::to_string(allowed.port()) + "/";
  EXPECT_EQ(post({url, {}, "test", "{}"}, options).status, 200);
  EXPECT_EQ(asked, 1);
  EXPECT_EQ(post({url, {}, "test", "{}"}, options).status, 0); // now it is closed
  EXPECT_EQ(allowed.accepted(), 1);
  EXPECT_EQ(closed.accepted(), 0);
}

TEST_F(SsrfTest, OneClosedAddressAmongSeveralIsEnough) {
  options.guard = address_guard{parse_networks("127.0.0.2")};
  options.look_up = [](const std::string&, const std::function<bool()>&) {
    return std::vector{parse_ip("127.0.0.2").value(), parse_ip("127.0.0.1").value()};
  };
  EXPECT_NE(send("http://both.test:PORT/").trouble.find("not public"), std::string::npos);
  EXPECT_EQ(at_home.accepted(), 0);
}

TEST_F(SsrfTest, RedirectsAreNotFollowed) {
  auto home = std::to_string(at_home.port());
  for (const auto* status : {"301", "302", "303", "307", "308"}) {
    listener redirecting{"::ffff:127.0.0.2", 0,
                         listener::answer("HTTP/1.1 " + std::string{status}
                                          + " Moved\r\nLocation: http://127.0.0.1:" + home
                                          + "/\r\nContent-Length: 0\r\n\r\n")};
    options.guard = address_guard{parse_networks("127.0.0.0/8")};
    auto url = "http://127.0.0.2:" + std::to_string(redirecting.port()) + "/";
    auto result = post({url, {}, "test", "{}"}, options);
    EXPECT_EQ(std::to_string(result.status), status);
    EXPECT_FALSE(result.accepted());
  }
  EXPECT_EQ(at_home.accepted(), 0);
}

TEST_F(SsrfTest, TheEnvironmentsProxyIsNotUsed) {
  listener target{"::ffff:127.0.0.2", 0};
  auto proxy = "http://127.0.0.1:" + std::to_string(at_home.port());
  for (const auto* name : {"http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"})
    ::setenv(name, proxy.c_str(), 1);
  options.guard = address_guard{parse_networks("127.0.0.0/8")};
  auto url = "http://127.0.0.2:" + std::to_string(target.port()) + "/";
  EXPECT_EQ(post({url, {}, "test", "{}"}, options).status, 200);
  for (const auto* name : {"http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"})
    ::unsetenv(name);
  EXPECT_EQ(at_home.accepted(), 0);
  EXPECT_EQ(target.accepted(), 1);
}

} // namespace
} // namespace convertd
