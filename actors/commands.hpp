// What http/ may ask of the actors. No CAF in here: http/ needs none, and its tests use a fake.
#pragma once

#include "job/job.hpp"
#include "job/stored_file.hpp"
#include "job/webhook.hpp"
#include "storage/fd.hpp"
#include "storage/upload.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace convertd {

class write_batch;

/// A job as it arrived: everything is known, the sources are whole (and synced, if on disk).
struct submission {
  job_record job; ///< id, account, type, created, counts of bytes and files are set; state is not.
  job_spec spec;
  std::optional<callback_record> callback;
  std::vector<file_record> files; ///< index, names, offset, length, what are set.
  std::shared_ptr<upload> sources;
  /// From the plan: bytes of sources and outputs together; 0 = no limit.
  std::uint64_t account_storage_max = 0;
  std::uint64_t account_jobs_max =
    0; ///< From the plan: jobs processing at a time; 0 = the server's.
};

/// A file that is to be saved: until its owner erases it, not with a job. Its bytes are in memory,
/// or whole in a nameless file of the data directory (job_files::nameless()).
struct file_to_save {
  std::string name; ///< Cleaned.
  image_format format = image_format::unknown;
  std::uint64_t size = 0;
  std::shared_ptr<const std::string> bytes;
  std::shared_ptr<owned_fd> fd;
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

  /// Seconds until a refused client should come back, from the rate at which work drains; 1..3600.
  virtual unsigned retry_after() const = 0;

  /// Returns once the job is durable. On a failure the caller removes the job's folder; but not on
  /// `internal`, when nobody knows whether the job was made: recovery removes it if no record does.
  virtual outcome<job_id> submit(submission what) = 0;

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

  /// Runs `what` in the store's next commit; returns when it is durable, or why it is not. After
  /// `internal` it may still run.
  virtual std::optional<failure> write(std::function<void(write_batch&)> what) = 0;
};

} // namespace convertd
