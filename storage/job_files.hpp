// The bytes of jobs on disk: one folder for each job whose bytes are too many for the store.
//
//   live/<job>/source      every source of the job, one after the other
//   live/<job>/<index>     the output of one file
//   kept/<xx>/<job>/…      the same folder once the job is final; <xx> = the id's last two digits
//
// Nothing has a name before it is complete: uploads and outputs are written to nameless files
// (O_TMPFILE) and linked when they are whole, so a crash in the middle leaves nothing behind. A
// job's folder moves from `live` to `kept` when the job is final, so that recovery looks at live
// jobs only, however many are kept. The move is not synced: after a power cut the folder is in one
// of the two places, and reading looks in both.
//
// Every function may be called from any thread, and throws std::system_error. A sync that fails is
// different: after it the kernel may have dropped what was written, and no later sync would tell,
// so `sync_failed` is called first and should not return.
#pragma once

#include "job/ids.hpp"
#include "storage/fd.hpp"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <unordered_set>
#include <vector>

namespace convertd {

class job_files {
public:
  /// Makes the folders below `data_directory` where they are missing.
  explicit job_files(const std::filesystem::path& data_directory,
                     std::function<void(const std::string&)> sync_failed = {});

  /// A new empty file without a name, on the data directory's file system; gone when closed.
  owned_fd nameless() const;

  /// Names `fd` (from nameless()) as the sources of `job`. On return bytes, name and folder are
  /// synced; the entry of the folder itself is when sync_live() returns.
  void keep_source(job_id job, int fd) const;

  /// Names `fd` as the output of one file, in place of an output that an earlier attempt left.
  /// On return the bytes are synced; their name is when sync_folder() and sync_live() return.
  void keep_output(job_id job, std::uint32_t index, int fd) const;

  void sync_folder(job_id job) const;
  void sync_live() const;

  /// Read-only; nothing if there is no such file.
  std::optional<owned_fd> open_source(job_id job) const;
  std::optional<owned_fd> open_output(job_id job, std::uint32_t index) const;

  /// Wherever the job's folder is; no such file is no error. Not synced.
  void remove_output(job_id job, std::uint32_t index) const;

  /// Moves the folder of a job that is final from live to kept; no folder is no error.
  void settle(job_id job) const;

  /// Removes a job's folder with all that is in it, wherever it is; no folder is no error. On
  /// return the removal is synced: what forgets the job may be committed.
  void remove(job_id job) const;

  /// The jobs that have a folder in live. Names that are no ids are reported as nothing.
  std::vector<job_id> live_folders() const;

  /// The indexes of the outputs in a live job's folder.
  std::vector<std::uint32_t> live_outputs(job_id job) const;

  /// Removes the outputs in a live job's folder, if it has one, that are not in `recorded`: they
  /// were named, and the server died before their record was committed.
  void remove_unrecorded(job_id job, const std::unordered_set<std::uint32_t>& recorded) const;

private:
  void sync(int fd, const char* what) const;
  void remove_from(const std::filesystem::path& parent, const std::string& name) const;
  std::optional<owned_fd> open_file(job_id job, const std::string& name) const;

  std::function<void(const std::string&)> sync_failed_;
  std::filesystem::path live_;
  std::filesystem::path kept_;
  owned_fd root_fd_;
  owned_fd live_fd_;
};

} // namespace convertd
