#include "app/control_message.hpp"

#include <gtest/gtest.h>

namespace convertd {
namespace {

TEST(ControlMessageTest, RequestReadsBack) {
  admin_request x{admin_verb::set_plan, "shop", "pro", "quote \" and\nline", "ck_x", true, 300};
  auto back = parse_admin_request(to_json(x));
  ASSERT_TRUE(back);
  EXPECT_EQ(to_json(*back), to_json(x));
  EXPECT_EQ(back->label, x.label);
  EXPECT_EQ(back->from, 300u);
}

TEST(ControlMessageTest, EveryVerbHasAName) {
  for (auto verb : {admin_verb::create_key, admin_verb::list_keys, admin_verb::revoke_key,
                    admin_verb::create_account, admin_verb::list_accounts, admin_verb::set_plan})
    EXPECT_EQ(parse_admin_request(to_json(admin_request{.verb = verb}))->verb, verb);
}

TEST(ControlMessageTest, ReplyReadsBack) {
  admin_reply x;
  x.key = "ck_secret";
  x.account_made = true;
  x.more = true;
  x.keys.push_back({"ck_1", "für", "shop", true, "2026-01-01T00:00:00.000Z"});
  x.accounts.push_back({"shop", "pro", "2026-01-01T00:00:00.000Z"});
  auto back = parse_admin_reply(to_json(x));
  ASSERT_TRUE(back);
  EXPECT_EQ(to_json(*back), to_json(x));
}

TEST(ControlMessageTest, RefusalKeepsCodeAndSentence) {
  admin_reply x;
  x.error = {ec::already_exists, "It is there.", {}, {}};
  auto back = parse_admin_reply(to_json(x));
  ASSERT_TRUE(back);
  EXPECT_EQ(back->error.code, ec::already_exists);
  EXPECT_EQ(back->error.text(), "It is there.");
}

TEST(ControlMessageTest, OtherTextIsNoMessage) {
  for (const auto* text : {"", "{", "[]", "3", "{\"verb\":\"drop\"}", "{\"verb\":3}", "{}",
                           "{\"verb\":\"list_keys\"} x", "\xff"}) {
    EXPECT_FALSE(parse_admin_request(text)) << text;
    EXPECT_FALSE(parse_admin_reply(text)) << text;
  }
  EXPECT_FALSE(parse_admin_request(std::string(control_bytes_max + 1, ' ')));
}

TEST(ControlMessageTest, WrongTypesCountAsMissing) {
  auto x = parse_admin_request(R"({"verb":"list_keys","from":-1,"account":7,"admin":"yes"})");
  ASSERT_TRUE(x);
  EXPECT_EQ(x->from, 0u);
  EXPECT_EQ(x->account, "");
  EXPECT_FALSE(x->admin);
}

TEST(ControlMessageTest, LongestListFitsALine) {
  admin_reply x;
  for (std::uint32_t i = 0; i < admin_lines_max; ++i)
    x.keys.push_back({"ck_01234567", std::string(label_max, '"'),
                      std::string(account_name_max, 'a'), true, "2026-01-01T00:00:00.000Z"});
  EXPECT_LT(to_json(x).size(), control_bytes_max);
}

} // namespace
} // namespace convertd
