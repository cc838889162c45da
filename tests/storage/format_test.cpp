// Stores of other formats than this program writes.
#include "storage/lmdb.hpp"
#include "storage/store.hpp"
#include "tests/support/records.hpp"
#include "tests/support/temp_dir.hpp"

#include <gtest/gtest.h>

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
  EXPECT_THROW(store(dir.path() / "store", options), store_error);
}

} // namespace
} // namespace convertd
