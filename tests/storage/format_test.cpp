// Stores of other formats than this program writes.
#include "storage/index_outputs.hpp"
#include "storage/lmdb.hpp"
#include "storage/store.hpp"
#include "storage/store_check.hpp"
#include "tests/support/records.hpp"
#include "tests/support/temp_dir.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <zlib.h>

namespace convertd {
namespace {

class FormatTest : public testing::Test {
protected:
  void change(const std::function<void(MDB_txn*, const store::databases&)>& how) {
    store in{dir.path() / "store", options};
    MDB_txn* txn = nullptr;
    check_lmdb(mdb_txn_begin(in.environment(), nullptr, 0, &txn), "begin");
    how(txn, in.tables());
    check_lmdb(mdb_txn_commit(txn), "commit");
  }
  static void set_format(MDB_txn* txn, const store::databases& tables, std::string_view format) {
    auto key = to_val("format");
    auto value = to_val(format);
    check_lmdb(mdb_put(txn, tables.meta, &key, &value, 0), "put");
  }

  temp_dir dir;
  store_options options{.map_bytes = 64 * mib, .sync = true};
};

TEST_F(FormatTest, TheFirstIsBroughtUpToDate) {
  auto job = pending_job(noon, 2);
  auto file = completed_file(0, noon);
  file.change = 3;
  {
    store in{dir.path() / "store", options};
    write_batch batch{in};
    batch.put_job(job);
    batch.put_file(job.id, file);
    batch.put_file(job.id, pending_file(1));
    batch.commit();
  }
  change([](MDB_txn* txn, const store::databases& tables) {
    set_format(txn, tables, "1");
    check_lmdb(mdb_drop(txn, tables.ended, 0), "empty");
  });
  store in{dir.path() / "store", options};
  auto ended = read_view{in}.ended_after(job.id, 0, 9);
  ASSERT_EQ(ended.size(), 1U);
  EXPECT_EQ(ended[0], file);
}

TEST_F(FormatTest, ANewerOneIsRefused) {
  change([](MDB_txn* txn, const store::databases& tables) { set_format(txn, tables, "99"); });
  try {
    store in{dir.path() / "store", options};
    FAIL() << "it was opened";
  } catch (const store_error& error) {
    EXPECT_TRUE(error.newer());
  }
}

TEST_F(FormatTest, WhatSaysNoFormatIsRefused) {
  for (const auto* format : {"", "x", "99999999999"}) {
    change([&](MDB_txn* txn, const store::databases& tables) { set_format(txn, tables, format); });
    EXPECT_THROW(store(dir.path() / "store", options), store_error);
    std::filesystem::remove_all(dir.path() / "store");
  }
}

TEST_F(FormatTest, AnEmptyFileIsNoNewStore) {
  { store in{dir.path() / "store", options}; }
  std::filesystem::resize_file(dir.path() / "store" / "data.mdb", 0);
  EXPECT_THROW(store(dir.path() / "store", options), store_error);
  std::filesystem::remove(dir.path() / "store" / "data.mdb");
  EXPECT_THROW(store(dir.path() / "store", options), store_error);
}

/// Stores as the programs of their time wrote them: an account, a key, a job that has ended with
/// one file completed and one failed, and a job that waits.
class FormatSampleTest : public FormatTest, public testing::WithParamInterface<int> {
protected:
  void SetUp() override {
    auto name = std::string{SOURCE_DIR} + "/tests/storage/samples/format-"
                + std::to_string(GetParam()) + ".mdb.gz";
    std::filesystem::create_directory(dir.path() / "store");
    std::ofstream out{dir.path() / "store" / "data.mdb", std::ios::binary};
    auto* in = gzopen(name.c_str(), "rb");
    ASSERT_NE(in, nullptr) << name;
    std::string buffer(1 << 16, '\0');
    for (int got = 0; (got = gzread(in, buffer.data(), 1 << 16)) > 0;)
      out.write(buffer.data(), got);
    gzclose(in);
  }
};

TEST_P(FormatSampleTest, IsWholeBeforeItIsBroughtUpToDate) {
  auto found = check_store(dir.path(), {.map_bytes = 64 * mib});
  EXPECT_TRUE(found.damage.empty()) << found.damage.front();
  EXPECT_TRUE(found.newer.empty());
  EXPECT_GT(found.records, 9U);
}

TEST_P(FormatSampleTest, HasEverythingWhenItIsUpToDate) {
  {
    store in{dir.path() / "store", options};
    index_outputs(in);
    read_view view{in};
    auto jobs = view.jobs_of(1, std::nullopt, 0, 9).jobs;
    ASSERT_EQ(jobs.size(), 2U);
    EXPECT_EQ(jobs[0].state, job_state::pending);
    EXPECT_EQ(jobs[1].state, job_state::completed);
    EXPECT_EQ(view.live_jobs(), std::vector{jobs[0].id});
    EXPECT_EQ(view.ended_after(jobs[1].id, 0, 9).size(), 2U);
    EXPECT_EQ(view.inline_sources(jobs[0].id), std::string(200, 's'));
    auto stored = view.stored_files(1, {}, 0, 9);
    ASSERT_EQ(stored.files.size(), 1U);
    EXPECT_EQ(view.inline_output(stored.files[0].facts.id), std::string(40, 'o'));
    key_hash hash{};
    hash.fill(7);
    EXPECT_EQ(view.key(hash)->account, 1U);
    EXPECT_EQ(view.account_named("sample")->id, 1U);
  }
  auto found = check_store(dir.path(), {.map_bytes = 64 * mib});
  EXPECT_TRUE(found.damage.empty()) << found.damage.front();
  store again{dir.path() / "store", {.map_bytes = 64 * mib, .access = store_access::read_alone}};
  EXPECT_EQ(again.format(), store_format);
}

INSTANTIATE_TEST_SUITE_P(All, FormatSampleTest, testing::Values(1, 2, 3, 4));

} // namespace
} // namespace convertd
