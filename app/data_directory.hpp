// The one folder that everything is kept in, and the lock that makes it one process's.
#pragma once

#include "storage/fd.hpp"

#include <filesystem>
#include <stdexcept>

namespace convertd {

/// What is wrong with the data directory, as a sentence for the operator.
class data_directory_error : public std::runtime_error {
public:
  using std::runtime_error::runtime_error;
};

/// Another process holds the lock.
class data_directory_in_use : public data_directory_error {
public:
  using data_directory_error::data_directory_error;
};

/// Holds the lock of a data directory for as long as it lives; the kernel lets go of it when the
/// process ends in whatever way.
///
///   lock           flock; holds the pid for whoever finds it taken
///   control.sock   where the command line reaches the running server
///   store/         LMDB
///   live/ kept/    the bytes of jobs (storage/job_files.hpp)
///   files/         the bytes of saved files (storage/saved_files.hpp)
class data_directory {
public:
  /// Makes the folder (0700) if it is missing, checks it, takes the lock. Throws
  /// data_directory_error: not a folder, open to others, not writable, without nameless files;
  /// data_directory_in_use.
  explicit data_directory(std::filesystem::path path);

  const std::filesystem::path& path() const {
    return path_;
  }
  std::filesystem::path store_folder() const {
    return path_ / "store";
  }

private:
  std::filesystem::path path_;
  owned_fd lock_;
};

/// Where the control socket of a data directory is.
std::filesystem::path control_socket(const std::filesystem::path& data);

/// If this process is root and the folder belongs to somebody else: becomes its owner for good, so
/// that what is written keeps its owner. Nothing happens if there is no such folder yet.
void become_owner_of(const std::filesystem::path& data);

} // namespace convertd
