#include "job/turns.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace convertd {
namespace {

TEST(TurnsTest, OneAccountIsServedInOrder) {
  turns<int> queue{10};
  for (int i = 0; i < 5; ++i)
    queue.push(1, i, 3);
  for (int i = 0; i < 5; ++i)
    EXPECT_EQ(queue.pop(), i);
  EXPECT_EQ(queue.pop(), std::nullopt);
}

TEST(TurnsTest, ALongQueueDelaysAnotherAccountByOneTurnAtMost) {
  turns<std::string> queue{4};
  for (int i = 0; i < 1'000; ++i)
    queue.push(1, "long", 1);
  ASSERT_EQ(queue.pop(), "long");
  queue.push(2, "short", 1);
  auto before = 0;
  while (queue.pop() != "short")
    ++before;
  EXPECT_LE(before, 4);
}

TEST(TurnsTest, WhatIsMoreUrgentGoesAheadAndNothingStarves) {
  turns<std::size_t> queue{1};
  for (int i = 0; i < 100; ++i)
    for (std::size_t level = 0; level < turn_levels; ++level)
      queue.push(1, level, 1, level);
  std::array<int, turn_levels> served{};
  for (int i = 0; i < 42; ++i)
    ++served[*queue.pop()];
  EXPECT_EQ(served, (std::array<int, turn_levels>{32, 8, 2}));
}

TEST(TurnsTest, WhatComesUrgentDoesNotWaitForWhatWasThere) {
  turns<std::string> queue{1};
  for (int i = 0; i < 100; ++i)
    queue.push(1, "normal", 1);
  for (int i = 0; i < 50; ++i)
    queue.pop();
  queue.push(1, "urgent", 1, 0);
  auto before = 0;
  while (queue.pop() != "urgent")
    ++before;
  EXPECT_LE(before, 1);
}

TEST(TurnsTest, AnUrgentItemDoesNotPutItsAccountAheadOfOthers) {
  turns<std::string> queue{1};
  queue.push(1, "first", 1);
  queue.push(2, "urgent", 1, 0);
  EXPECT_EQ(queue.pop(), "first");
}

TEST(TurnsTest, AccountsShareByCostNotByCount) {
  turns<account_id> queue{100};
  for (int i = 0; i < 1'000; ++i) {
    queue.push(1, 1, 1'000); // large files
    queue.push(2, 2, 10);    // small ones
  }
  std::uint64_t large = 0;
  std::uint64_t small = 0;
  for (int i = 0; i < 500; ++i)
    (*queue.pop() == 1 ? large += 1'000 : small += 10);
  EXPECT_LE(large, small + 2'000);
}

TEST(TurnsTest, AnAccountThatMayNotRunKeepsItsPlace) {
  turns<int> queue{1};
  queue.push(1, 10, 1);
  queue.push(2, 20, 1);
  EXPECT_EQ(queue.pop([](int x) { return x == 20; }), 20);
  EXPECT_EQ(queue.pop([](int x) { return x == 20; }), std::nullopt);
  EXPECT_EQ(queue.pop(), 10);
}

TEST(TurnsTest, WhatIsErasedIsNotServed) {
  turns<int> queue{1};
  for (int i = 0; i < 10; ++i)
    queue.push(static_cast<account_id>(i % 3), i, 1);
  EXPECT_EQ(queue.erase_if([](int x) { return x % 2 == 0; }), 5U);
  EXPECT_EQ(queue.size(), 5U);
  while (auto x = queue.pop())
    EXPECT_EQ(*x % 2, 1);
}

} // namespace
} // namespace convertd
