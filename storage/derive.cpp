#include "storage/derive.hpp"

#include "storage/outbox.hpp"
#include "storage/record.hpp"

#include <map>

namespace convertd {

namespace {

class derivation {
public:
  derivation(MDB_txn* txn, const store::databases& tables, const derive_options& options)
    : txn_{txn}, tables_{tables}, options_{options}, find_{txn}, files_{txn, tables.file} {}

  void run() {
    each("account", tables_.account, [this](auto key, auto value) { account(key, value); });
    each("key", tables_.key, [this](auto key, auto value) { key_of(key, value); });
    each("job", tables_.job, [this](auto key, auto value) { job(key, value); });
    each("saved", tables_.saved, [this](auto key, auto value) { saved(key, value); });
    each("idempotency", tables_.idempotency,
         [this](auto key, auto value) { idempotency(key, value); });
    each("callback", tables_.callback, [this](auto key, auto value) { callback(key, value); });
    each("webhook", tables_.webhook, [this](auto key, auto value) { webhook(key, value); });
    each("usage", tables_.usage, [](auto, auto value) { decode_requests(value); });
    each("doomed_file", tables_.doomed_file, [](auto, auto value) {
      if (!value.empty())
        decode_place(value);
    });
    each("delivery", tables_.delivery, [this](auto key, auto value) { delivery(key, value); });
    for (const auto& [account, sums] : totals_)
      put("totals", tables_.totals, big_endian(account), encode(sums));
    each("outbox", tables_.outbox, [this](auto key, auto value) { strand_of(key, value); });
    everybody_has_a_job();
  }

private:
  /// Calls `work(key, value)` for each entry; a damaged one is named and passed over.
  template <class Work>
  void each(const char* table, MDB_dbi in, Work work) {
    cursor at{txn_, in};
    for (auto more = at.first(); more; more = at.next()) {
      options_.tick();
      try {
        work(at.key(), at.value());
      } catch (const store_error& error) {
        if (!error.damaged())
          throw;
        damage(table, error.what());
      } catch (const std::exception&) { // a key that is too short
        damage(table, "an entry has a key that cannot be");
      }
    }
  }

  void damage(const char* table, const std::string& what) {
    options_.damage("table " + std::string{table} + ": " + what);
  }

  void expect(bool fits, const char* table) {
    if (!fits)
      damage(table, "a record is under another's key");
  }

  void put(const char* table, MDB_dbi in, const std::string& key, const std::string& value = {}) {
    options_.entry({table, in, key, value});
  }

  void account(std::string_view key, std::string_view value) {
    auto x = decode_account(value);
    expect(key == big_endian(x.id), "account");
    put("name", tables_.name, x.name, encode_account_id(x.id));
    auto next = find_(tables_.meta, "next_account");
    if (!next || decode_account_id(*next) <= x.id)
      damage("meta", "the next account's number is one that is taken");
  }

  void key_of(std::string_view key, std::string_view value) {
    auto x = decode_key(value);
    expect(key == std::string_view{reinterpret_cast<const char*>(x.hash.data()), x.hash.size()},
           "key");
    if (!find_(tables_.account, big_endian(x.account)))
      damage("key", "a key's account is not there");
  }

  void job(std::string_view key, std::string_view value) {
    auto x = decode_job(value);
    expect(key == x.id.view(), "job");
    if (!is_final(x.state))
      put("live", tables_.live, std::string{x.id.view()});
    if (x.state != job_state::uploading)
      list(x);
    files_of(x);
    auto spec = find_(tables_.spec, x.id.view());
    if (!spec)
      damage("spec", "that of job " + to_text(x.id) + " is not there");
    else
      decode_spec(*spec);
    if (x.sources_inline && !x.erased && !find_(tables_.source, x.id.view()))
      damage("source", "those of job " + to_text(x.id) + " are not there");
  }

  void list(const job_record& x) {
    put("by_account", tables_.by_account, account_key(x.account, x.id));
    put("by_state", tables_.by_state, state_key(x.account, x.state, x.id));
    if (auto due = next_due(x); due != timestamp{})
      put("due", tables_.due, due_key(due, x.id));
    auto& sums = totals_[x.account];
    ++sums.jobs[static_cast<std::size_t>(x.state)];
    if (x.erased)
      return;
    sums.source_bytes += x.source_bytes;
    sums.output_bytes += x.output_bytes;
  }

  void files_of(const job_record& x) {
    std::uint32_t found = 0;
    auto& at = files_;
    for (auto more = at.seek(x.id.view()); more && at.key().starts_with(x.id.view());
         more = at.next(), ++found) {
      options_.tick();
      try {
        file(x, at.key(), decode_file(at.value()));
      } catch (const store_error& error) {
        if (!error.damaged())
          throw;
        damage("file", error.what());
      }
    }
    files_seen_ += found;
    // The records of what is erased, or never became a job, go in several commits.
    if (found != x.files_total && !x.erased && x.state != job_state::uploading)
      damage("file", std::to_string(found) + " of " + std::to_string(x.files_total)
                       + " files of job " + to_text(x.id) + " are there");
  }

  void file(const job_record& job, std::string_view key, const file_record& x) {
    expect(key == file_key(job.id, x.index), "file");
    if (is_final(x.progress.state))
      put("ended", tables_.ended, ended_key(job.id, x.change, x.index));
    if (x.progress.state != file_state::completed || x.result.erased || job.erased)
      return;
    put("output", tables_.output, std::string{x.result.id.view()},
        encode(output_place{job.id, x.index, {}}));
    stored(job.account, x.result.id, x.result.stored_inline);
  }

  void stored(account_id account, file_id id, bool inside) {
    put("stored", tables_.stored, stored_key(account, id));
    ++totals_[account].stored_files;
    if (inside && !find_(tables_.bytes, id.view()))
      damage("bytes", "those of the stored file " + to_text(id) + " are not there");
  }

  void saved(std::string_view key, std::string_view value) {
    auto x = decode_saved(value);
    expect(key == x.id.view(), "saved");
    stored(x.account, x.id, x.stored_inline);
    totals_[x.account].saved_bytes += x.size;
  }

  void idempotency(std::string_view key, std::string_view value) {
    auto x = decode_idempotency(value);
    expect(key == idempotency_key(x.account, x.key), "idempotency");
    put("idempotency_due", tables_.idempotency_due,
        idempotency_due_key(x.created, x.account, x.key));
  }

  void callback(std::string_view key, std::string_view value) {
    decode_callback(value);
    if (!find_(tables_.job, key))
      damage("callback", "one belongs to no job");
  }

  void webhook(std::string_view key, std::string_view value) {
    auto x = decode_webhook(value);
    expect(key == outbox::webhook_key(x.account, x.id), "webhook");
  }

  void delivery(std::string_view key, std::string_view value) {
    auto x = decode_delivery(value);
    expect(key == outbox::delivery_key(x.account, x.id), "delivery");
    if (x.state == delivery_state::pending)
      put("outbox", tables_.outbox,
          outbox::strand_prefix(x.job, x.target) + std::string{x.id.view()},
          encode_account_id(x.account));
  }

  /// Once for each strand: its first delivery says when.
  void strand_of(std::string_view key, std::string_view value) {
    auto strand = key.substr(0, 32);
    if (strand == last_strand_)
      return;
    last_strand_ = strand;
    auto job = id_from_bytes<job_id>(key.substr(0, 16));
    auto target = id_from_bytes<target_id>(key.substr(16, 16));
    auto owner = find_(tables_.job, job.view());
    if (owner && decode_job(*owner).state == job_state::uploading)
      return;
    auto first = outbox::find_delivery(txn_, tables_, decode_account_id(value),
                                       id_from_bytes<delivery_id>(key.substr(32)));
    if (first)
      put("strand", tables_.strand, outbox::strand_key(target, first->next_attempt, job));
    else
      damage("outbox", "an entry's delivery is not there");
  }

  /// Files and specs are erased before their job.
  void everybody_has_a_job() {
    auto count = [this](MDB_dbi in) {
      MDB_stat found{};
      check_lmdb(mdb_stat(txn_, in, &found), "count");
      return found.ms_entries;
    };
    if (count(tables_.file) != files_seen_)
      damage("file", "files belong to no job");
    if (count(tables_.spec) != count(tables_.job))
      damage("spec", "there are not as many as jobs");
  }

  MDB_txn* txn_;
  const store::databases& tables_;
  const derive_options& options_;
  near_finder find_;
  cursor files_;
  std::map<account_id, account_totals> totals_;
  std::uint64_t files_seen_ = 0;
  std::string last_strand_;
};

} // namespace

void derive(MDB_txn* txn, const store::databases& tables, const derive_options& options) {
  derivation{txn, tables, options}.run();
}

} // namespace convertd
