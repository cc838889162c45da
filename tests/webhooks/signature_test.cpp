#include "webhooks/signature.hpp"

#include <gtest/gtest.h>

#include <array>

namespace convertd {
namespace {

TEST(SignatureTest, IsTheHmacOfTimeAndBody) {
  // printf '1700000000.{"id":"evt_1"}' | openssl dgst -sha256 -hmac whsec_test
  EXPECT_EQ(
    signature_header(1'700'000'000, R"({"id":"evt_1"})", std::array{std::string{"whsec_test"}}),
    "t=1700000000,v1=c89214b5b5da833daed6f0b8c5bb6bd58cea9022bd80ccc78230f3942d632925");
}

TEST(SignatureTest, BothSecretsSignWhileBothHold) {
  auto both = signature_header(7, "x", std::array{std::string{"new"}, std::string{"old"}});
  auto fresh = signature_header(7, "x", std::array{std::string{"new"}});
  auto old = signature_header(7, "x", std::array{std::string{"old"}});
  EXPECT_EQ(both, fresh + old.substr(old.find(",v1=")));
}

TEST(SignatureTest, SecretsAreLongAndNeverTheSame) {
  auto a = new_webhook_secret();
  EXPECT_EQ(a.size(), 49U);
  EXPECT_TRUE(a.starts_with("whsec_"));
  EXPECT_EQ(a.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"),
            a.npos);
  EXPECT_NE(a, new_webhook_secret());
}

} // namespace
} // namespace convertd
