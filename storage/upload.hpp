// The bytes of one request's files on their way in: in memory while they are few, then on disk.
#pragma once

#include "job/limits.hpp"
#include "storage/fd.hpp"
#include "storage/job_files.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace convertd {

/// Takes the files of one upload one after the other; file n starts at what size() was before its
/// first byte. Up to inline_bytes_max stay in memory, more go to one nameless file. Used by one
/// thread. Dropping it drops the bytes: a refused request leaves nothing on disk.
class upload {
public:
  explicit upload(const job_files& files) : files_{&files} {}

  /// Throws std::system_error (ENOSPC among them).
  void append(std::span<const char> bytes);

  std::uint64_t size() const {
    return size_;
  }

  /// CRC-32 of everything so far.
  std::uint32_t crc32() const {
    return crc32_;
  }

  /// What comes later, and what has come, is kept on disk from here on, however little it is.
  void to_disk();

  /// True while everything is in memory().
  bool in_memory() const {
    return !file_;
  }
  const std::string& memory() const {
    return memory_;
  }

  /// What is on disk, for reading only: for a codec process, which may not touch it.
  owned_fd reopen() const;

  /// Makes the bytes durable as the sources of `job` if they are on disk; the store's commit does
  /// it for those in memory. Call once, before the job is submitted.
  void keep_as_source(job_id job) const;

  /// A nameless file that holds `length` bytes from `offset` on and nothing else. Throws
  /// std::system_error. Only for an upload that is on disk.
  owned_fd cut_out(std::uint64_t offset, std::uint64_t length) const;

private:
  void open_file();
  void write_out(std::span<const char> bytes);

  const job_files* files_;
  std::uint64_t size_ = 0;
  std::uint32_t crc32_ = 0;
  std::string memory_;
  bool to_disk_ = false;
  owned_fd file_;
};

} // namespace convertd
