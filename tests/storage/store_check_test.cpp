#include "storage/store_check.hpp"
#include "tests/storage/damage_support.hpp"

#include <gtest/gtest.h>

namespace convertd {
namespace {

using namespace std::chrono_literals;

class StoreCheckTest : public testing::Test {
protected:
  std::string first_damage() const {
    auto found = x.check();
    return found.damage.empty() ? "" : found.damage.front();
  }
  static void erase_first(MDB_txn* txn, MDB_dbi table) {
    cursor at{txn, table};
    ASSERT_TRUE(at.first());
    at.erase();
  }

  damaged_store x;
};

TEST_F(StoreCheckTest, AWholeStoreIsWhole) {
  auto found = x.check();
  EXPECT_TRUE(found.damage.empty()) << found.damage.front();
  EXPECT_EQ(found.reach, check_reach::all);
  EXPECT_GT(found.records, 500U);
}

TEST(StoreCheckTime, AllPagesAreReadAlsoWhenRecordsTakeTooLong) {
  damaged_store x{500};
  auto found = check_store(x.data(), {.map_bytes = 64 * mib, .compare_time = 1ns});
  EXPECT_TRUE(found.damage.empty()) << found.damage.front();
  EXPECT_EQ(found.reach, check_reach::pages);
  EXPECT_GT(found.pages, 100U);
}

TEST(StoreCheckTime, NotEvenAllPagesAreReadWhenItIsOver) {
  damaged_store x{500};
  auto found = check_store(
    x.data(), {.map_bytes = 64 * mib, .until = std::chrono::steady_clock::time_point{}});
  EXPECT_EQ(found.reach, check_reach::some_pages);
}

TEST_F(StoreCheckTest, AnEntryThatIsMissingFromAnIndexIsMissed) {
  for (auto table :
       {&store::databases::by_account, &store::databases::by_state, &store::databases::live,
        &store::databases::due, &store::databases::ended, &store::databases::output,
        &store::databases::name, &store::databases::stored, &store::databases::outbox,
        &store::databases::strand, &store::databases::totals}) {
    damaged_store one;
    one.behind_its_back(
      [&](MDB_txn* txn, const store::databases& tables) { erase_first(txn, tables.*table); });
    EXPECT_FALSE(one.check().damage.empty());
  }
}

TEST_F(StoreCheckTest, AnEntryThatFollowsFromNothingIsNamed) {
  x.behind_its_back([](MDB_txn* txn, const store::databases& tables) {
    put(txn, tables.live, mint<job_id>(noon).view(), {});
  });
  EXPECT_EQ(first_damage(), "table live: it has entries that follow from no record");
}

TEST_F(StoreCheckTest, ARecordUnderAnothersKeyIsNamed) {
  x.behind_its_back([&](MDB_txn* txn, const store::databases& tables) {
    std::string record{*find(txn, tables.job, x.jobs[0].view())};
    put(txn, tables.job, x.jobs[1].view(), record);
  });
  EXPECT_FALSE(first_damage().empty());
}

TEST_F(StoreCheckTest, BytesOfAnOutputAreReadOnlyWhenAllIsAsked) {
  x.behind_its_back([](MDB_txn* txn, const store::databases& tables) {
    cursor at{txn, tables.bytes};
    ASSERT_TRUE(at.first());
    std::string key{at.key()};
    std::string record{at.value()};
    record.back() = '!';
    put(txn, tables.bytes, key, record);
  });
  EXPECT_EQ(first_damage(), "table bytes: an entry does not fit its checksum");
  auto quick = check_store(x.data(), {.extent = check_extent::records, .map_bytes = 64 * mib});
  EXPECT_TRUE(quick.damage.empty());
}

TEST_F(StoreCheckTest, AFileThatIsMissingIsDamage) {
  std::filesystem::remove(x.file());
  EXPECT_EQ(first_damage(), "data.mdb is missing");
}

TEST_F(StoreCheckTest, AJobWithoutOneOfItsFilesIsNamed) {
  x.behind_its_back([&](MDB_txn* txn, const store::databases& tables) {
    erase(txn, tables.file, file_key(x.jobs[0], 1));
  });
  EXPECT_EQ(first_damage(), "table file: 1 of 2 files of job " + to_text(x.jobs[0]) + " are there");
}

TEST_F(StoreCheckTest, ANewerFormatIsNoDamage) {
  x.behind_its_back(
    [](MDB_txn* txn, const store::databases& tables) { put(txn, tables.meta, "format", "5"); });
  auto found = x.check();
  EXPECT_TRUE(found.damage.empty());
  EXPECT_EQ(found.newer, "store: its format is 5, this program knows 4");
}

TEST_F(StoreCheckTest, AFileThatARecordNamesMustBeThereAndWhole) {
  x.behind_its_back([&](MDB_txn* txn, const store::databases& tables) {
    saved_file file{.id = mint<file_id>(noon), .account = 2, .name = "b", .size = 3};
    file.crc32 = 0x352441C2; // of "abc"
    put(txn, tables.saved, file.id.view(), encode(file));
    auto folder = x.data() / "files" / "new";
    std::filesystem::create_directories(folder);
    std::ofstream{folder / to_text(file.id)} << "abd";
  });
  auto damage = x.check().damage;
  ASSERT_FALSE(damage.empty());
  EXPECT_NE(damage.back().find("does not fit its checksum"), std::string::npos) << damage.back();
}

} // namespace
} // namespace convertd
