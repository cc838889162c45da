#include "app/secret.hpp"
#include "http/auth.hpp"

#include <gtest/gtest.h>

#include <set>

namespace convertd {
namespace {

TEST(SecretTest, KeyHasPrefixAnd43CharactersOfBase64url) {
  auto key = new_key_text();
  ASSERT_EQ(key.size(), 46u);
  EXPECT_TRUE(key.starts_with("ck_"));
  EXPECT_EQ(
    key.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", 3),
    std::string::npos);
}

TEST(SecretTest, KeysDiffer) {
  std::set<std::string> keys;
  for (int i = 0; i < 1000; ++i)
    keys.insert(new_key_text());
  EXPECT_EQ(keys.size(), 1000u);
}

TEST(SecretTest, HashIsSha256OfTheText) {
  auto hash = hash_of_key("abc");
  EXPECT_EQ(hash[0], 0xba);
  EXPECT_EQ(hash[1], 0x78);
  EXPECT_EQ(hash[31], 0xad);
}

TEST(SecretTest, HintIsTheBeginning) {
  EXPECT_EQ(hint_of_key("ck_0123456789"), "ck_01234567");
}

} // namespace
} // namespace convertd
