#include "http/watch_list.hpp"

#include <gtest/gtest.h>

namespace convertd {

namespace {

job_id job(std::uint8_t number) {
  job_id id;
  id.bytes[15] = number;
  return id;
}

} // namespace

TEST(WatchList, WakesExactlyTheWatchersOfAJob) {
  watch_list list;
  list.add(job(1), 10);
  list.add(job(2), 20);
  list.add(job(1), 11);
  auto one = job(1);
  EXPECT_EQ(list.ring(std::span{&one, 1}), (std::vector<std::uint64_t>{10, 11}));
  EXPECT_TRUE(list.ring(std::span{&one, 1}).empty());
  EXPECT_EQ(list.size(), 1U);
}

TEST(WatchList, RemembersARingThatCameBeforeSleeping) {
  watch_list list;
  auto watching = list.add(job(1), 10);
  EXPECT_FALSE(watching->rung);
  auto one = job(1);
  list.ring(std::span{&one, 1});
  EXPECT_TRUE(watching->rung);
}

TEST(WatchList, KeepsNothingOfWhoLeft) {
  watch_list list;
  auto watching = list.add(job(1), 10);
  list.remove(watching);
  list.remove(watching);
  list.remove(nullptr);
  EXPECT_EQ(list.size(), 0U);
}

} // namespace convertd
