#include "http/watch_list.hpp"

#include <gtest/gtest.h>

namespace convertd {

namespace {

job_id job(std::uint8_t number) {
  job_id id;
  id.bytes[15] = number;
  return id;
}

std::vector<std::uint64_t> ring(watch_list& list, std::uint8_t number, job_state state) {
  job_change change{job(number), state};
  return list.ring(std::span{&change, 1});
}

} // namespace

TEST(WatchList, WakesExactlyTheWatchersOfAJob) {
  watch_list list;
  list.add(job(1), 10, watch_for::end);
  list.add(job(2), 20, watch_for::end);
  list.add(job(1), 11, watch_for::every_change);
  EXPECT_EQ(ring(list, 1, job_state::completed), (std::vector<std::uint64_t>{10, 11}));
  EXPECT_TRUE(ring(list, 1, job_state::completed).empty());
  EXPECT_EQ(list.size(), 1U);
}

TEST(WatchList, LeavesThoseAloneWhoWaitForTheEnd) {
  watch_list list;
  auto waiting = list.add(job(1), 10, watch_for::end);
  EXPECT_TRUE(ring(list, 1, job_state::processing).empty());
  EXPECT_FALSE(waiting->rung);
}

TEST(WatchList, TellsOfChangesOnceUntilSomebodyLooks) {
  watch_list list;
  auto watching = list.add(job(1), 10, watch_for::every_change);
  EXPECT_EQ(ring(list, 1, job_state::processing).size(), 1U); // another state than before
  EXPECT_TRUE(watching->urgent);
  EXPECT_TRUE(ring(list, 1, job_state::processing).empty());
  watching->rung = watching->urgent = false;
  EXPECT_EQ(ring(list, 1, job_state::processing).size(), 1U);
  EXPECT_FALSE(watching->urgent);
  EXPECT_EQ(ring(list, 1, job_state::completed).size(), 1U); // not looked yet, but this is urgent
}

TEST(WatchList, RemembersARingThatCameBeforeSleeping) {
  watch_list list;
  auto watching = list.add(job(1), 10, watch_for::end);
  EXPECT_FALSE(watching->rung);
  ring(list, 1, job_state::failed);
  EXPECT_TRUE(watching->rung);
}

TEST(WatchList, KeepsNothingOfWhoLeft) {
  watch_list list;
  auto watching = list.add(job(1), 10, watch_for::end);
  list.remove(watching);
  list.remove(watching);
  list.remove(nullptr);
  EXPECT_EQ(list.size(), 0U);
}

} // namespace convertd
