// A store with something of everything, and ways to damage its file.
#pragma once

#include "storage/lmdb.hpp"
#include "storage/record.hpp"
#include "storage/store.hpp"
#include "storage/store_check.hpp"
#include "tests/support/records.hpp"
#include "tests/support/temp_dir.hpp"

#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <string>

namespace convertd {

inline constexpr std::size_t page_bytes = 4096;

/// A data directory whose store has `count` jobs of two files, small and large outputs in the
/// store, a saved file, a webhook with deliveries, a key.
class damaged_store {
public:
  explicit damaged_store(int count = 60) {
    store in{data() / "store", options};
    commit(in, [](write_batch& x) { x.add_account("sample", "free", noon); });
    commit(in, [](write_batch& x) {
      key_record key;
      key.hash.fill(7);
      key.account = 1;
      x.put_key(key);
      x.put_saved(
        {.id = mint<file_id>(noon), .account = 1, .name = "a", .size = 5, .stored_inline = true},
        "saved");
      webhook_record webhook;
      webhook.id = mint<webhook_id>(noon);
      webhook.account = 1;
      webhook.url = "https://example.com/";
      webhook.events = 0xFF;
      x.put_webhook(webhook);
    });
    for (int i = 0; i < count; ++i)
      put_job(in, i);
    change(in, [&](MDB_txn* txn) { put(txn, in.tables().meta, "outputs_indexed", "1"); });
  }

  std::filesystem::path data() const {
    return folder_.path();
  }
  std::filesystem::path file() const {
    return data() / "store" / "data.mdb";
  }

  check_result check() const {
    return check_store(data(), {.map_bytes = options.map_bytes});
  }

  std::string content() const {
    std::ifstream in{file(), std::ios::binary};
    return {std::istreambuf_iterator<char>{in}, {}};
  }
  void replace(const std::string& content) const {
    std::ofstream{file(), std::ios::binary | std::ios::trunc} << content;
  }

  /// Writes to the store behind its back.
  void behind_its_back(const std::function<void(MDB_txn*, const store::databases&)>& how) const {
    store in{data() / "store", options};
    change(in, [&](MDB_txn* txn) { how(txn, in.tables()); });
  }

  store_options options{.map_bytes = 64 * mib, .sync = false};
  std::vector<job_id> jobs;

private:
  template <class Work>
  static void commit(store& in, Work work) {
    write_batch batch{in, noon};
    work(batch);
    batch.commit();
  }

  static void change(store& in, const std::function<void(MDB_txn*)>& how) {
    MDB_txn* txn = nullptr;
    check_lmdb(mdb_txn_begin(in.environment(), nullptr, 0, &txn), "begin");
    how(txn);
    check_lmdb(mdb_txn_commit(txn), "commit");
  }

  void put_job(store& in, int number) {
    auto job = pending_job(noon + std::chrono::seconds{number}, 2);
    jobs.push_back(job.id);
    commit(in, [&](write_batch& x) {
      x.put_job(job);
      x.put_spec(job.id, {.type = job_type::convert, .metadata = "{}", .base_url = "http://x"});
      x.put_inline_sources(job.id, std::string(200, 's'));
      for (const auto& file : pending_files(2))
        x.put_file(job.id, file);
    });
    if (number % 3 == 0)
      return;
    commit(in, [&](write_batch& x) {
      for (std::uint32_t i = 0; i < 2; ++i) {
        auto file = completed_file(i, noon);
        file.result.stored_inline = true;
        file.result.size = number % 2 == 0 ? 40 : 30'000;
        file.change = ++job.change;
        x.put_file(job.id, file);
        x.put_inline_output(file.result.id, std::string(file.result.size, 'o'));
        job.output_bytes += file.result.size;
      }
      job.state = job_state::completed;
      job.files_completed = 2;
      job.completed = noon;
      job.expires = noon + std::chrono::hours{1};
      x.put_job(job);
    });
    if (number % 7 == 0)
      commit(in, [&](write_batch& x) { x.erase_bytes(job.id); });
  }

  temp_dir folder_;
};

} // namespace convertd
