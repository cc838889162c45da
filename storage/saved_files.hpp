// The bytes of saved files on disk, those that are too many for the store.
//
//   files/new/<id>     linked, and its record is not committed, or was a moment ago
//   files/<xx>/<id>    the same once its record is; <xx> = the id's last two digits
//
// Nothing has a name before it is complete. A file moves out of `new` after its commit, so that
// recovery looks at a few files, however many are kept. The move is not synced: after a power cut
// the file is in one of the two places, and reading looks in both.
//
// Every function may be called from any thread, and throws std::system_error; a sync that fails
// calls `sync_failed` first, which should not return.
#pragma once

#include "job/ids.hpp"
#include "storage/fd.hpp"

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace convertd {

class saved_files {
public:
  /// Makes the folders below `data_directory` where they are missing.
  explicit saved_files(const std::filesystem::path& data_directory,
                       std::function<void(const std::string&)> sync_failed = {});

  /// Names `fd`, a nameless file (job_files::nameless()). On return the bytes are synced; their
  /// name is when sync_new() returns.
  void keep(file_id id, int fd) const;
  void sync_new() const;

  /// Moves a file whose record is committed out of `new`; no file is no error.
  void settle(file_id id) const;

  /// Read-only; nothing if there is no such file.
  std::optional<owned_fd> open(file_id id) const;

  /// Removes the file wherever it is; no file is no error. On return the removal is synced.
  void remove(file_id id) const;

  /// What is in `new`. Names that are no ids are reported as nothing.
  std::vector<file_id> unsettled() const;

private:
  void sync(int fd, const char* what) const;
  std::filesystem::path settled(file_id id) const;

  std::function<void(const std::string&)> sync_failed_;
  std::filesystem::path root_;
  owned_fd new_fd_;
};

} // namespace convertd
