#include "app/admin.hpp"
#include "app/secret.hpp"
#include "http/auth.hpp"
#include "tests/support/temp_dir.hpp"

#include <gtest/gtest.h>

namespace convertd {
namespace {

class AdminTest : public testing::Test {
protected:
  admin_reply ask(admin_request what) {
    return perform(records, direct_executor(records), what);
  }
  admin_reply make_key(const std::string& account, const std::string& label = "") {
    return ask({.verb = admin_verb::create_key, .account = account, .label = label});
  }

  temp_dir folder;
  store records{folder.path(), {.map_bytes = 16 * mib}};
};

TEST_F(AdminTest, FirstKeyMakesItsAccount) {
  auto made = make_key("default", "first");
  ASSERT_FALSE(made.error) << made.error.text();
  EXPECT_TRUE(made.account_made);
  auto kept = read_view{records}.key(hash_of_key(made.key));
  ASSERT_TRUE(kept);
  EXPECT_EQ(kept->label, "first");
  EXPECT_EQ(kept->hint, made.key.substr(0, 11));
  EXPECT_FALSE(kept->admin);
  EXPECT_EQ(read_view{records}.account(kept->account)->name, "default");
  EXPECT_EQ(read_view{records}.account(kept->account)->plan, "unlimited");
}

TEST_F(AdminTest, SecondKeyJoinsTheAccount) {
  make_key("shop");
  auto second = ask({.verb = admin_verb::create_key, .account = "shop", .admin = true});
  EXPECT_FALSE(second.account_made);
  EXPECT_EQ(read_view{records}.accounts().size(), 1u);
  EXPECT_TRUE(read_view{records}.key(hash_of_key(second.key))->admin);
}

TEST_F(AdminTest, ListShowsHintsAndNeverKeys) {
  auto made = make_key("shop", "for the till");
  auto listed = ask({.verb = admin_verb::list_keys});
  ASSERT_EQ(listed.keys.size(), 1u);
  EXPECT_EQ(listed.keys[0].hint, made.key.substr(0, 11));
  EXPECT_EQ(listed.keys[0].account, "shop");
  EXPECT_EQ(listed.keys[0].label, "for the till");
  EXPECT_TRUE(listed.key.empty());
}

TEST_F(AdminTest, AnAccountIsShownWithWhatItUses) {
  make_key("shop");
  auto owner = read_view{records}.account_named("shop")->id;
  {
    write_batch batch{records};
    batch.count_requests(owner, month_of(wall_clock()), 7);
    batch.commit();
  }
  auto shown = ask({.verb = admin_verb::show_account, .account = "shop"});
  EXPECT_EQ(shown.facts.at(0).second, "shop");
  EXPECT_EQ(shown.facts.at(1).second, "unlimited");
  EXPECT_EQ(shown.facts.at(3).second, "1");
  EXPECT_EQ(shown.facts.back().second, "7");
  EXPECT_EQ(ask({.verb = admin_verb::show_account, .account = "nobody"}).error.code, ec::not_found);
}

TEST_F(AdminTest, KeyIsRevokedByItsHintOrItsText) {
  auto first = make_key("shop");
  auto second = make_key("shop");
  EXPECT_FALSE(ask({.verb = admin_verb::revoke_key, .key = first.key}).error);
  EXPECT_FALSE(ask({.verb = admin_verb::revoke_key, .key = second.key.substr(0, 11)}).error);
  EXPECT_TRUE(read_view{records}.keys().empty());
  EXPECT_EQ(ask({.verb = admin_verb::revoke_key, .key = first.key}).error.code, ec::not_found);
}

TEST_F(AdminTest, HintThatSeveralKeysHaveRevokesNone) {
  for (const auto* text : {"ck_same-hint-1", "ck_same-hint-2"}) {
    write_batch batch{records};
    key_record key;
    key.hash = hash_of_key(text);
    key.hint = hint_of_key(text);
    batch.put_key(key);
    batch.commit();
  }
  auto reply = ask({.verb = admin_verb::revoke_key, .key = "ck_same-hin"});
  EXPECT_EQ(reply.error.code, ec::invalid_setting);
  EXPECT_EQ(read_view{records}.keys().size(), 2u);
}

TEST_F(AdminTest, AccountsAreMadeOnceAndListed) {
  EXPECT_FALSE(ask({.verb = admin_verb::create_account, .account = "a", .plan = "pro"}).error);
  EXPECT_EQ(ask({.verb = admin_verb::create_account, .account = "a"}).error.code,
            ec::already_exists);
  auto listed = ask({.verb = admin_verb::list_accounts});
  ASSERT_EQ(listed.accounts.size(), 1u);
  EXPECT_EQ(listed.accounts[0].plan, "pro");
}

TEST_F(AdminTest, PlanOfAnAccountChanges) {
  make_key("a");
  EXPECT_FALSE(ask({.verb = admin_verb::set_plan, .account = "a", .plan = "free"}).error);
  EXPECT_EQ(read_view{records}.account_named("a")->plan, "free");
  EXPECT_EQ(ask({.verb = admin_verb::set_plan, .account = "b", .plan = "free"}).error.code,
            ec::not_found);
}

TEST_F(AdminTest, NewKeyDoesNotChangeAPlanSilently) {
  make_key("a");
  auto reply = ask({.verb = admin_verb::create_key, .account = "a", .plan = "pro"});
  EXPECT_EQ(reply.error.code, ec::already_exists);
  EXPECT_NE(reply.error.text().find("accounts set-plan a pro"), std::string::npos);
}

TEST_F(AdminTest, NamesAndLabelsAreChecked) {
  for (const auto* name : {"", "a b", "a/b", "\x01", "ü"})
    EXPECT_EQ(make_key(name).error.code, ec::invalid_setting) << name;
  EXPECT_EQ(make_key(std::string(65, 'a')).error.code, ec::invalid_setting);
  for (const auto* label : {"a\nb", "\xff", "\x7f"})
    EXPECT_EQ(make_key("a", label).error.code, ec::invalid_setting) << label;
  EXPECT_EQ(make_key("a", std::string(101, 'a')).error.code, ec::invalid_setting);
  EXPECT_FALSE(make_key("a", "für die Kasse").error);
  EXPECT_EQ(read_view{records}.keys().size(), 1u);
}

TEST_F(AdminTest, LongListsComeInParts) {
  {
    write_batch batch{records};
    for (std::uint32_t i = 0; i < admin_lines_max + 7; ++i)
      batch.add_account("account" + std::to_string(i), "free", wall_clock());
    batch.commit();
  }
  auto first = ask({.verb = admin_verb::list_accounts});
  EXPECT_EQ(first.accounts.size(), admin_lines_max);
  EXPECT_TRUE(first.more);
  auto second = ask({.verb = admin_verb::list_accounts, .from = admin_lines_max});
  EXPECT_EQ(second.accounts.size(), 7u);
  EXPECT_FALSE(second.more);
  EXPECT_TRUE(ask({.verb = admin_verb::list_accounts, .from = 4'000'000'000}).accounts.empty());
}

TEST_F(AdminTest, FailedWriteGivesNoKey) {
  executor broken = [](const std::function<void(write_batch&)>&) {
    return std::optional{failure{ec::storage_full, "no room", {}, {}}};
  };
  auto reply = perform(records, broken, {.verb = admin_verb::create_key, .account = "a"});
  EXPECT_EQ(reply.error.code, ec::storage_full);
  EXPECT_TRUE(reply.key.empty());
}

TEST_F(AdminTest, DirectExecutorTurnsAStoreErrorIntoAFailure) {
  auto error = direct_executor(records)([](write_batch&) {
    throw store_error{"broken", store_error::kind::broken};
  });
  ASSERT_TRUE(error);
  EXPECT_EQ(error->code, ec::internal);
}

} // namespace
} // namespace convertd
