// What http/ may ask of the actors. No CAF in here: http/ needs none, and its tests use a fake.
#pragma once

#include "actors/figures.hpp"
#include "job/idempotency.hpp"
#include "job/job.hpp"
#include "job/month.hpp"
#include "job/stored_file.hpp"
#include "job/webhook.hpp"
#include "storage/fd.hpp"
#include "storage/upload.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace convertd {

class write_batch;

/// A job as it arrived: everything is known, the sources are whole (and synced, if on disk).
struct submission {
  job_record job; ///< id, account, type, created, counts of bytes and files are set; state is not.
  job_spec spec;
  std::optional<idempotency_record> idempotency; ///< The key it came with.
  std::optional<callback_record> callback;
  std::vector<file_record> files; ///< index, names, offset, length, what are set.
  std::shared_ptr<upload> sources;
  /// From the plan: bytes of sources and outputs together; 0 = no limit.
  std::uint64_t account_storage_max = 0;
  /// From the plan: jobs processing at a time; 0 = the server's.
  std::uint64_t account_jobs_max = 0;
  month_number counts_in = 0; ///< The month whose quota the request counts in; 0 = it does not.
};

/// A file that is to be saved: until its owner erases it, not with a job. Its bytes are in memory,
/// or whole in a nameless file of the data directory (job_files::nameless()).
struct file_to_save {
  std::string name; ///< Cleaned.
  image_format format = image_format::unknown;
  std::uint64_t size = 0;
  std::shared_ptr<const std::string> bytes;
  std::shared_ptr<const owned_fd> fd;
};

/// Files that are converted while their client waits. Nothing of it gets a name or a record.
struct sync_request {
  job_id id; ///< Of no job: what the pool and the bell know it by.
  account_id account = 0;
  std::vector<file_record> files; ///< As in a submission.
  std::shared_ptr<const upload> sources;
};

/// The bytes of one result: at most inline_bytes_max in memory, more in a file without a name.
struct sync_output {
  std::shared_ptr<const std::string> bytes;
  std::shared_ptr<const owned_fd> file;
};

/// What came of a synchronous request.
struct sync_result {
  failure why;                      ///< Of the request as a whole; then there is nothing else.
  std::vector<file_record> files;   ///< All have ended.
  std::vector<sync_output> outputs; ///< By index; empty for a file that failed.
};

/// The place that a synchronous request holds until its answer is sent. Dropping it gives the
/// request up: files that wait are taken back, those at a codec are stopped. Dropping does not
/// block.
class sync_ticket {
public:
  virtual ~sync_ticket() = default;

  /// Null while it is at work; hands the result over once.
  virtual std::unique_ptr<sync_result> take() = 0;
};

template <class T>
using outcome = std::variant<T, failure>;

/// Thread-safe; each call blocks its thread for at most a finite time, then fails as `internal`.
class commands {
public:
  virtual ~commands() = default;

  /// Why a new job of `files` files would be refused now (queue_full, storage_full,
  /// shutting_down); nothing if it would be accepted. Cheap: asked before an upload is read.
  virtual std::optional<failure> refusal(std::uint64_t files) const = 0;

  /// Why the server does no work now, in words for machines: "shutting_down",
  /// "no_codec_process". Empty when it does.
  virtual std::vector<std::string_view> not_ready() const = 0;

  /// Nothing if the actors do not answer in time.
  virtual std::optional<server_figures> figures() const = 0;

  /// Counts a request that no job's commit counts in the quota of its month: durable within about a
  /// second. Does not wait.
  virtual void count_request(account_id account, month_number month) = 0;

  /// Seconds until a refused client should come back, from the rate at which work drains; 1..3600.
  virtual unsigned retry_after() const = 0;

  /// Does not wait: an actor calls `settled` once, which must not block, with none when the job is
  /// durable; then the bell rings with the job's id. A refused job's folder is removed; but not
  /// after `internal`, when nobody knows whether the job was made: recovery removes it if no record
  /// does.
  virtual void submit(submission what, std::function<void(const failure&)> settled) = 0;

  /// Cancels a job of `account`: pending, or with `force` processing too. `not_found` if it is
  /// another's, `not_cancellable` if it is in no state for it.
  virtual outcome<job_record> cancel(account_id account, job_id id, bool force) = 0;

  /// Saves all of `files` for `account` or none; returns their ids, in the same order, once they
  /// are durable. `storage_limit` if sources, outputs and saved files would be more than
  /// `storage_max` bytes together (0 = no limit), `storage_full` if there is no room. Throws
  /// std::system_error.
  virtual outcome<std::vector<file_id>> save_files(account_id account, std::uint64_t storage_max,
                                                   std::vector<file_to_save> files) = 0;

  /// Gives a stored file of `account` another name, cleaned. `not_found` if it is another's.
  virtual outcome<stored_file> rename_file(account_id account, file_id id,
                                           const std::string& name) = 0;

  /// Erases a stored file of `account`: none if it is gone for good. `not_found` if it is
  /// another's, `not_final` for an output while its job goes on.
  virtual std::optional<failure> erase_file(account_id account, file_id id) = 0;

  /// Why a synchronous request would be refused now, as refusal() for a job.
  virtual std::optional<failure> sync_refusal() const = 0;

  /// Does not wait: the bell rings with `what.id` when the ticket has a result. `queue_full` when
  /// too many files are waited for, `too_many_files` when those of `what` alone are.
  virtual outcome<std::unique_ptr<sync_ticket>> begin(sync_request what) = 0;
  /// Erases sources and outputs of a job of `account`; none once they are gone, also if they were
  /// before. `not_found` if it is another's, `not_final` if it is still at work.
  virtual std::optional<failure> erase_job_files(account_id account, job_id id) = 0;

  /// Runs `what` in the store's next commit; returns when it is durable, or why it is not. After
  /// `internal` it may still run.
  virtual std::optional<failure> write(std::function<void(write_batch&)> what) = 0;
};

} // namespace convertd
