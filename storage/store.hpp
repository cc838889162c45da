// The store: one LMDB environment with the records of accounts, keys, jobs and their files.
//
// Reading goes through a read_view, any number at a time from any thread; it sees the store as one
// commit left it. Writing goes through a write_batch, one at a time, by the snapshotter only.
// Every record carries its kind, a version and a CRC-32 (storage/record.hpp); the table of
// databases is in docs/store-format.md.
#pragma once

#include "job/account.hpp"
#include "job/idempotency.hpp"
#include "job/job.hpp"
#include "job/month.hpp"
#include "job/stored_file.hpp"
#include "job/webhook.hpp"

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

struct MDB_env;
struct MDB_txn;

namespace convertd {

/// Something is wrong with the store.
class store_error : public std::runtime_error {
public:
  enum class kind : std::uint8_t {
    broken,  ///< A commit failed, or LMDB did: nothing since the last commit may be acknowledged.
    full,    ///< There is no room; everything else is as it was.
    damaged, ///< One record cannot be read; the others can.
    newer,   ///< Its format is one of a newer program.
    missing, ///< There is none where one must be.
  };

  store_error(const std::string& what, kind of) : std::runtime_error{what}, kind_{of} {}
  bool full() const {
    return kind_ == kind::full;
  }
  bool damaged() const {
    return kind_ == kind::damaged;
  }
  bool newer() const {
    return kind_ == kind::newer;
  }

private:
  kind kind_;
};

enum class store_access : std::uint8_t {
  write,      ///< Made if it is missing, brought up to date if its format is older.
  read,       ///< As it is; others may write meanwhile.
  read_alone, ///< As it is, and nobody else has it open: leaves no trace.
};

struct store_options {
  std::uint64_t map_bytes = 64ULL << 30; ///< Address space, and the most the store can hold.
  bool sync = true; ///< false only in the negative controls of the torture runs.
  store_access access = store_access::write;
};

/// What this program writes; raised when databases or keys change.
inline constexpr unsigned store_format = 4;

struct job_page {
  std::vector<job_record> jobs; ///< Newest first.
  std::uint64_t total = 0;      ///< Of all that match, not of this page.
};

struct stored_page {
  std::vector<stored_file> files; ///< Newest first.
  std::uint64_t total = 0;        ///< Of all that match, not of this page.
};

/// A filter looks at so many of the account's files, the newest; a request so costs no more than
/// that, and what is older is not found.
inline constexpr std::uint64_t filtered_files_max = 10'000;

struct delivery_page {
  std::vector<delivery_record> deliveries; ///< Newest first.
  std::uint64_t total = 0;
};

/// The deliveries of one job to one target that wait, of which the first is to be tried at `at`.
struct strand {
  target_id target;
  job_id job;
  timestamp at;

  friend bool operator==(const strand&, const strand&) = default;
};

struct strand_scan {
  std::vector<strand> due;
  timestamp next{}; ///< When the next one is that is not due yet; 0 = there is none.
};

/// A job whose time has come.
struct due_job {
  timestamp at;
  job_id job;
};

class store {
public:
  class databases; ///< The handles; storage/store.cpp

  /// Opens the environment in `folder`; makes it in one that is missing or has nothing in it.
  /// Throws store_error, also for a newer format and for a file that is missing or empty.
  store(const std::filesystem::path& folder, const store_options& options);
  ~store();
  store(const store&) = delete;
  store& operator=(const store&) = delete;

  MDB_env* environment() const {
    return environment_;
  }
  const databases& tables() const {
    return *databases_;
  }
  /// Of what was found; store_format unless it is only read.
  unsigned format() const {
    return format_;
  }
  /// What the environment takes on disk, bytes; it does not shrink.
  std::uint64_t bytes_used() const;

private:
  friend class write_batch;

  void open(const std::filesystem::path& folder, const store_options& options);
  void bring_up_to_date();
  void look();

  MDB_env* environment_ = nullptr;
  std::unique_ptr<databases> databases_;
  unsigned format_ = store_format;
  std::vector<delivery_record> late_; ///< Only with the fault `event-after-commit`.
};

/// What one commit left, for as long as the view lives: keep it short, since it keeps pages from
/// being used again. Throws store_error for a record that is damaged.
class read_view {
public:
  explicit read_view(const store& of);
  ~read_view();
  read_view(const read_view&) = delete;
  read_view& operator=(const read_view&) = delete;

  std::optional<job_record> job(job_id id) const;
  std::optional<job_spec> spec(job_id id) const;
  std::optional<file_record> file(job_id id, std::uint32_t index) const;
  /// Up to `limit` files from index `from` on, in the order of their indexes.
  std::vector<file_record> files(job_id id, std::uint32_t from, std::uint32_t limit) const;
  /// The same, but only of files that have ended, as_shown(); `from` counts files that have ended.
  std::vector<file_record> ended_files(const job_record& job, std::uint32_t from,
                                       std::uint32_t limit) const;

  /// Files with change numbers above `change`, in their order: `limit` of them, and those that
  /// ended with the same number as the last of these.
  std::vector<file_record> ended_after(job_id id, std::uint64_t change, std::uint32_t limit) const;

  /// `state` nothing = all. Jobs that are still uploading are not among them.
  job_page jobs_of(account_id account, std::optional<job_state> state, std::uint64_t offset,
                   std::uint32_t limit) const;

  /// All jobs that are not final, `uploading` among them, oldest first.
  std::vector<job_id> live_jobs() const;
  /// Jobs whose next erasure is due at or before `now`, earliest first.
  std::vector<due_job> due(timestamp now, std::uint32_t limit) const;
  /// Jobs whose folder must go because their records went.
  std::vector<job_id> doomed() const;

  /// Nothing for a file that is not there any more.
  std::optional<stored_file> stored(file_id id) const;
  /// Saved files and outputs of one account.
  stored_page stored_files(account_id account, const stored_filter& which, std::uint64_t offset,
                           std::uint32_t limit) const;
  std::optional<idempotency_record> idempotency(account_id account, std::string_view key) const;
  /// Some key's request came before `since`.
  bool has_idempotency_before(timestamp since) const;

  std::optional<output_place> place_of(file_id id) const;
  std::optional<saved_file> saved(file_id id) const;
  /// Stored files whose bytes on disk must go because their record went; a place for an output.
  std::vector<std::pair<file_id, std::optional<output_place>>> doomed_files() const;
  /// The sources of a job that are kept in the store.
  std::optional<std::string> inline_sources(job_id id) const;
  std::optional<std::string> inline_output(file_id id) const; ///< Also of a saved file.

  std::optional<account_record> account(account_id id) const;
  std::optional<account_record> account_named(std::string_view name) const;
  std::vector<account_record> accounts() const;
  account_totals totals(account_id id) const;
  /// Those that count in the quota of that month.
  std::uint64_t requests(account_id account, month_number month) const;
  std::optional<key_record> key(const key_hash& hash) const;
  std::vector<key_record> keys() const;

  std::vector<webhook_record> webhooks_of(account_id account) const;
  std::optional<webhook_record> webhook(account_id account, webhook_id id) const;
  std::optional<callback_record> callback(job_id id) const;
  std::optional<delivery_record> delivery(account_id account, delivery_id id) const;
  std::uint64_t deliveries_waiting() const; ///< Of all accounts.
  delivery_page deliveries_of(account_id account, std::uint64_t offset, std::uint32_t limit) const;
  /// Of each target up to `each` strands that are due at `now`, those that wait longest.
  strand_scan strands(timestamp now, std::uint32_t each) const;
  /// What is to be sent next of a strand; nothing if it is empty.
  std::optional<delivery_record> head_of(const strand& x) const;
  /// Deliveries that are settled, and made before `before` or more than `kept_max` of an account.
  std::vector<std::pair<account_id, delivery_id>>
  stale_deliveries(timestamp before, std::uint64_t kept_max, std::uint32_t limit) const;

private:
  const store* store_;
  MDB_txn* txn_ = nullptr;
};

/// Thrown by a function that runs inside a commit and will not: before it has written anything.
class write_refused : public std::exception {
public:
  explicit write_refused(failure why) : why_{std::move(why)} {}
  const failure& why() const {
    return why_;
  }
  const char* what() const noexcept override {
    return "a write that was refused";
  }

private:
  failure why_;
};

/// One write transaction: everything in it becomes durable with commit(), or nothing does. Keeps
/// the indexes and the account's totals in step with the records, and writes a delivery for each
/// change of a job or file that somebody wants to be told of. Throws store_error; the batch is
/// then spent. Used by one thread at a time in the whole process.
class write_batch {
public:
  /// `now`: the time of the events.
  explicit write_batch(store& in, timestamp now = wall_clock());
  ~write_batch(); ///< Without commit(): as if nothing had been written.
  write_batch(const write_batch&) = delete;
  write_batch& operator=(const write_batch&) = delete;

  void put_job(const job_record& job);
  /// As this transaction has left them so far.
  account_totals totals(account_id id) const;
  std::optional<job_record> job(job_id id) const;
  std::optional<stored_file> stored(file_id id) const;
  void put_spec(job_id id, const job_spec& spec);
  /// Also lists a file that has ended under its change number, and enters a completed one's output
  /// under its storedFileId; among the stored files of the account too, if the job's record is
  /// there.
  void put_file(job_id id, const file_record& file);
  void put_inline_sources(job_id id, std::string_view bytes);
  void put_inline_output(file_id id, std::string_view bytes);

  /// Enters a saved file; its bytes too, if they are to be in the store.
  void put_saved(const saved_file& file, std::string_view inline_bytes);
  /// Gives a stored file another name; a job's results keep theirs.
  void rename_stored(const stored_file& file, std::string_view name);
  /// Erases a saved file, or one output of a job that is final; the job keeps what came of it.
  /// Bytes that are on disk become doomed.
  void erase_stored(const stored_file& file);
  /// The bytes of a doomed file are gone.
  void undoom_file(file_id id);

  /// For index_outputs(): enters up to `limit` outputs from `from` on; `next`: where to go on.
  void index_outputs(file_id from, std::uint32_t limit, std::optional<file_id>& next);
  bool outputs_indexed() const;
  /// In place of what the account's key stood for before.
  void put_idempotency(const idempotency_record& x);
  /// Forgets up to `limit` keys whose requests came before `since`.
  void erase_idempotency_before(timestamp since, std::uint32_t limit);

  /// Erases sources and outputs that are in the store, and enters the job's folder as doomed. The
  /// records stay until next_due(). Nothing if that was done before.
  void erase_bytes(job_id id);
  /// Erases up to `limit` file records; with the last of them everything else the store has of the
  /// job. True when nothing is left.
  bool erase_records(job_id id, std::uint32_t limit);
  /// The folder of a doomed job is gone.
  void undoom(job_id id);

  /// Gives the account its number. Throws std::invalid_argument for a name that is taken.
  account_record add_account(std::string_view name, std::string_view plan, timestamp now);
  void put_account(const account_record& account);
  void count_requests(account_id account, month_number month, std::uint64_t more);
  void put_key(const key_record& key);
  bool erase_key(const key_hash& hash);

  void put_webhook(const webhook_record& x);
  bool erase_webhook(account_id account, webhook_id id);
  /// These two as this transaction has left them so far.
  std::vector<webhook_record> webhooks_of(account_id account) const;
  std::optional<delivery_record> delivery(account_id account, delivery_id id) const;
  void put_callback(job_id id, const callback_record& x);
  /// Keeps the outbox in step: a pending one waits in its strand.
  void put_delivery(const delivery_record& x);
  /// Fails up to `limit` of the deliveries that wait for a target; how many it were.
  std::uint32_t fail_deliveries(target_id target, std::string_view trouble, std::uint32_t limit);
  /// Of one that is settled.
  void erase_delivery(account_id account, delivery_id id);
  /// Something is to be sent that was not before.
  bool outbox_touched() const {
    return outbox_touched_;
  }

  /// Roughly what was written so far, in bytes; commits stay below commit_bytes_max.
  std::uint64_t bytes() const {
    return bytes_;
  }

  void commit();

private:
  void enter_output(job_id job, const file_record& file);
  void forget_output(account_id account, file_id id);
  void erase_saved(const saved_file& file);
  void erase_output(const stored_file& file);
  void enter_stored(account_id account, file_id id);
  void leave_stored(account_id account, file_id id);
  void count_stored();
  /// The job, if anybody may want to be told of its files.
  std::optional<job_record> told_of_files(job_id id) const;
  void emit_job_events(const std::optional<job_record>& before, const job_record& job);
  void emit_file_events(const job_record& job, const std::optional<file_record>& before,
                        const file_record& file);
  void emit(const job_record& job, event_kind kind, std::uint32_t file);
  void enqueue(delivery_record x);
  void open_strands(job_id job);
  bool erase_unsent(job_id job, std::uint32_t limit);

  store* store_;
  MDB_txn* txn_ = nullptr;
  timestamp now_;
  std::uint64_t bytes_ = 0;
  std::map<account_id, std::int64_t> stored_delta_; ///< Not in the totals yet.
  bool outbox_touched_ = false;
  std::vector<delivery_record> late_;
};

} // namespace convertd
