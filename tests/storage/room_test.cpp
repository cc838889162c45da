#include "storage/lmdb.hpp"
#include "storage/room.hpp"
#include "tests/support/records.hpp"
#include "tests/support/temp_dir.hpp"

#include <gtest/gtest.h>

namespace convertd {
namespace {

class RoomTest : public testing::Test {
protected:
  /// Sources of a job of their own; false when they do not fit.
  bool put() {
    try {
      write_batch batch{in};
      ids.push_back(mint<job_id>(noon));
      batch.put_inline_sources(ids.back(), std::string(60'000, 'x'));
      batch.commit();
      return true;
    } catch (const store_error& error) {
      EXPECT_TRUE(error.full());
      return false;
    }
  }
  void erase_all() {
    for (const auto& id : ids) {
      write_batch batch{in};
      batch.erase_records(id, 100);
      batch.commit();
    }
  }

  temp_dir dir;
  store in{dir.path() / "store", {.map_bytes = 4 * mib, .sync = false}};
  erasing_reserve reserve;
  std::vector<job_id> ids;
};

TEST_F(RoomTest, GrowthEndsWhileErasingStillHasRoom) {
  int grown = 0;
  for (; reserve.allows_growth(in); ++grown)
    ASSERT_TRUE(put()) << "the map was full before the reserve said so";
  EXPECT_GT(grown, 30);
  EXPECT_TRUE(is_above(in, 80));
  erase_all();
  EXPECT_TRUE(reserve.allows_growth(in));
  EXPECT_FALSE(is_above(in, 80));
}

TEST_F(RoomTest, WhatWasErasedIsFreeInAFileThatStaysAsLargeAsItWas) {
  for (int i = 0; i < 20; ++i)
    put();
  auto used = in.bytes_used();
  EXPECT_LT(bytes_free(in), 400'000U);
  erase_all();
  EXPECT_GE(in.bytes_used(), used);
  EXPECT_GT(bytes_free(in), 1'000'000U);
}

TEST_F(RoomTest, ANewStoreIsNotAboveItsMark) {
  EXPECT_FALSE(is_above(in, 10));
  EXPECT_TRUE(reserve.allows_growth(in));
}

} // namespace
} // namespace convertd
