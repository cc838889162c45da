#include "storage/page_walk.hpp"
#include "tests/storage/damage_support.hpp"

#include <gtest/gtest.h>

#include <map>
#include <random>

namespace convertd {
namespace {

TEST(PageWalkTest, AWholeStoreIsReadAsLmdbReadsIt) {
  damaged_store whole;
  std::map<std::string, std::uint64_t> found;
  auto result = walk_pages(whole.file(),
                           {.visit = [&](const page_entry& x) { ++found[std::string{x.table}]; }});
  EXPECT_TRUE(result.damage.empty()) << result.damage.front();
  store in{whole.data() / "store", {.map_bytes = 64 * mib, .access = store_access::read_alone}};
  MDB_txn* txn = nullptr;
  check_lmdb(mdb_txn_begin(in.environment(), nullptr, MDB_RDONLY, &txn), "begin");
  for (const auto& table : all_tables()) {
    MDB_stat stat{};
    check_lmdb(mdb_stat(txn, in.tables().*table.handle, &stat), "count");
    EXPECT_EQ(found[table.name], stat.ms_entries) << table.name;
  }
  mdb_txn_abort(txn);
}

TEST(PageWalkTest, ManyCommitsOfEverySizeLeaveNothingThatLooksLikeDamage) {
  temp_dir dir;
  store in{dir.path() / "store", {.map_bytes = 256 * mib, .sync = false}};
  std::mt19937 chance{7};
  std::vector<job_id> ids;
  for (int round = 0; round < 300; ++round) {
    write_batch batch{in};
    for (int i = 0; i < 6; ++i) {
      if (ids.empty() || chance() % 3 != 0)
        ids.push_back(mint<job_id>(noon));
      auto id = ids[chance() % ids.size()];
      batch.put_inline_sources(id, std::string(chance() % 60'000 >> chance() % 16, 'x'));
      if (chance() % 3 == 0)
        batch.erase_records(id, 100);
    }
    batch.commit();
    if (round % 10 != 9)
      continue;
    auto result = walk_pages(dir.path() / "store" / "data.mdb", {});
    ASSERT_TRUE(result.damage.empty()) << round << ": " << result.damage.front();
  }
}

TEST(PageWalkTest, EveryPageThatIsInUseIsMissedWhenItIsZeroed) {
  damaged_store x;
  auto good = x.content();
  auto used = walk_pages(x.file(), {}).pages;
  std::uint64_t noticed = 0;
  for (std::size_t at = 0; at < good.size(); at += page_bytes) {
    auto bad = good;
    bad.replace(at, page_bytes, page_bytes, '\0');
    x.replace(bad);
    noticed += walk_pages(x.file(), {}).damage.empty() ? 0 : 1;
  }
  // The first two, and all that is reachable but what follows in a long value.
  EXPECT_GE(noticed, used);
  EXPECT_LE(noticed, used + 2);
}

TEST(PageWalkTest, GarbageNeverEndsTheWalk) {
  damaged_store x;
  auto good = x.content();
  std::mt19937 chance{3};
  for (int round = 0; round < 400; ++round) {
    auto bad = good;
    auto at = chance() % (bad.size() / page_bytes) * page_bytes;
    auto length = round % 2 == 0 ? page_bytes : 16;
    for (std::size_t i = 0; i < length; ++i)
      bad[at + i] = static_cast<char>(chance());
    if (round % 5 == 0)
      bad.resize(chance() % bad.size());
    x.replace(bad);
    std::uint64_t bytes = 0;
    walk_pages(x.file(), {.visit = [&](const page_entry& entry) { bytes += entry.value.size(); }});
  }
}

TEST(PageWalkTest, AnEmptyFileAndAFileOfSomethingElseAreNamed) {
  damaged_store x{1};
  x.replace("");
  ASSERT_FALSE(walk_pages(x.file(), {}).damage.empty());
  EXPECT_EQ(walk_pages(x.file(), {}).damage[0], "data.mdb is empty");
  x.replace(std::string(8'192, 'x'));
  EXPECT_FALSE(walk_pages(x.file(), {}).damage.empty());
}

TEST(PageWalkTest, ItEndsWhenItsTimeIsUp) {
  damaged_store x;
  auto result = walk_pages(x.file(), {.until = std::chrono::steady_clock::time_point{}});
  EXPECT_FALSE(result.complete);
  EXPECT_TRUE(result.damage.empty());
}

} // namespace
} // namespace convertd
