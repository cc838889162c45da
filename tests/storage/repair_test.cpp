#include "storage/backup.hpp"
#include "storage/repair.hpp"
#include "tests/storage/damage_support.hpp"

#include <gtest/gtest.h>

namespace convertd {
namespace {

class RepairTest : public testing::Test {
protected:
  repair_result repair(const std::filesystem::path& copy = {}) {
    std::filesystem::remove_all(out.path() / "store");
    return repair_store(x.data(), out.path() / "store", copy, 64 * mib);
  }
  /// Of the repaired store; empty = whole.
  std::string first_damage() const {
    auto found = check_store(out.path(), {.map_bytes = 64 * mib});
    return found.damage.empty() ? "" : found.damage.front();
  }
  std::size_t jobs() const {
    store in{out.path() / "store", {.map_bytes = 64 * mib}};
    return read_view{in}.jobs_of(1, std::nullopt, 0, 1'000).jobs.size();
  }
  void zero(std::size_t page) {
    auto bad = good;
    bad.replace(page * page_bytes, page_bytes, page_bytes, '\0');
    x.replace(bad);
  }

  damaged_store x;
  std::string good = x.content();
  temp_dir out;
};

TEST_F(RepairTest, AWholeStoreComesOutWhole) {
  auto result = repair();
  EXPECT_TRUE(result.lost.empty()) << result.lost.front();
  EXPECT_EQ(first_damage(), "");
  EXPECT_EQ(jobs(), x.jobs.size());
}

TEST_F(RepairTest, WhateverPageIsLostTheRestIsAWholeStore) {
  for (std::size_t page = 0; page < good.size() / page_bytes; page += 7) {
    zero(page);
    auto whole = x.check().damage.empty();
    auto result = repair();
    EXPECT_EQ(first_damage(), "") << "page " << page;
    EXPECT_EQ(result.lost.empty(), whole) << "page " << page;
  }
}

TEST_F(RepairTest, OutputsOutliveTheTableThatSaysWhoseTheyAre) {
  x.behind_its_back([](MDB_txn* txn, const store::databases& tables) {
    check_lmdb(mdb_drop(txn, tables.output, 0), "empty");
  });
  auto result = repair();
  EXPECT_TRUE(result.lost.empty()) << result.lost.front();
  EXPECT_EQ(first_damage(), "");
}

TEST_F(RepairTest, TheKeptCopyStandsInForWhatCannotBeRead) {
  copy_store(x.data(), x.data() / "copy", 64 * mib);
  std::filesystem::create_directories(out.path() / "kept");
  std::filesystem::rename(x.data() / "copy", out.path() / "kept" / "store");
  for (std::size_t page = 2; page < good.size() / page_bytes; page += 11) {
    zero(page);
    repair(out.path() / "kept");
    EXPECT_EQ(first_damage(), "") << "page " << page;
    EXPECT_EQ(jobs(), x.jobs.size()) << "page " << page;
  }
}

TEST_F(RepairTest, AnEmptyFileWithoutACopyGivesAnEmptyStore) {
  x.replace("");
  auto result = repair();
  EXPECT_FALSE(result.lost.empty());
  EXPECT_EQ(result.saved, 0U);
  EXPECT_EQ(jobs(), 0U);
}

} // namespace
} // namespace convertd
