#include "job/webhook.hpp"
#include "tests/support/records.hpp"

#include <gtest/gtest.h>

namespace convertd {
namespace {

using namespace std::chrono_literals;

TEST(WebhookTest, TriesComeAtZeroFiveAndTwentyFiveSecondsThenWithGrowingGaps) {
  delivery_record x;
  x = again(x, noon);
  auto now = noon;
  std::vector<milliseconds> at;
  while (x.state == delivery_state::pending) {
    now = x.next_attempt;
    at.push_back(now - noon);
    x = after_attempt(x, {.status = 500}, now, 24h);
  }
  ASSERT_GT(at.size(), 10U);
  EXPECT_EQ(at[0], 0ms);
  EXPECT_EQ(at[1], 5s);
  EXPECT_EQ(at[2], 25s);
  for (std::size_t i = 2; i < at.size(); ++i)
    EXPECT_GE(at[i] - at[i - 1], at[i - 1] - at[i - 2]);
  EXPECT_LE(at.back(), 24h);
  EXPECT_GT(at.back(), 22h);
  EXPECT_EQ(x.state, delivery_state::failed);
  EXPECT_EQ(x.completed, now);
  EXPECT_EQ(x.attempts, at.size());
}

TEST(WebhookTest, AnyTwoHundredIsSuccessAndNothingElse) {
  for (int status : {200, 202, 204, 299})
    EXPECT_EQ(after_attempt({}, {.status = status}, noon, 24h).state, delivery_state::delivered);
  for (int status : {0, 199, 300, 302, 404, 500})
    EXPECT_NE(after_attempt({}, {.status = status}, noon, 24h).state, delivery_state::delivered);
}

TEST(WebhookTest, WhatIsSentAgainGetsItsWholeTimeAgain) {
  delivery_record x;
  x.attempts = 15;
  x.state = delivery_state::failed;
  x.created = noon;
  x = again(x, noon + 100h);
  EXPECT_EQ(x.next_attempt, noon + 100h);
  x = after_attempt(x, {.status = 500}, noon + 100h, 24h);
  EXPECT_EQ(x.state, delivery_state::pending);
  EXPECT_EQ(x.next_attempt, noon + 100h + 5s);
  EXPECT_EQ(x.attempts, 16U);
}

TEST(WebhookTest, WhatHasNobodyToGoToFailsAtOnce) {
  auto x = after_attempt(again({}, noon), {.trouble = "gone", .hopeless = true}, noon, 24h);
  EXPECT_EQ(x.state, delivery_state::failed);
  EXPECT_EQ(x.trouble, "gone");
}

TEST(WebhookTest, TypesAreThoseOfTheContract) {
  event_set all = 0;
  for (const auto* type : {"conversion.started", "conversion.progress", "conversion.completed",
                           "conversion.failed", "file.uploaded"})
    all |= parse_event_type(type).value();
  EXPECT_EQ(all, 0x3F);
  EXPECT_EQ(types_in(all).size(), 5U);
  EXPECT_EQ(types_in(parse_event_type("file.uploaded").value()),
            std::vector<std::string_view>{"file.uploaded"});
  EXPECT_FALSE(parse_event_type("conversion"));
  EXPECT_FALSE(parse_event_type(""));
}

TEST(WebhookTest, TheOldSecretSignsForADay) {
  webhook_record x;
  x.secret = "a";
  rotate(x, "b", noon);
  EXPECT_EQ(secrets_of(x, noon + 24h - 1ms), (std::vector<std::string>{"b", "a"}));
  EXPECT_EQ(secrets_of(x, noon + 24h), std::vector<std::string>{"b"});
}

TEST(WebhookTest, CallbacksShareATargetByTheirHost) {
  auto a = callback_target(1, "https://a.example/x?y");
  EXPECT_EQ(a, callback_target(1, "https://a.example/z"));
  EXPECT_NE(a, callback_target(2, "https://a.example/x"));
  EXPECT_NE(a, callback_target(1, "https://b.example/x"));
  EXPECT_NE(a, target_of(mint<webhook_id>(noon)));
}

} // namespace
} // namespace convertd
