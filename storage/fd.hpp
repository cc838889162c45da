// A file descriptor that closes itself, and the error of a system call that failed.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <sys/types.h>
#include <utility>

namespace convertd {

/// Modes of what the server makes: nobody else may look.
inline constexpr mode_t folder_mode = 0700;
inline constexpr mode_t file_mode = 0600;

class owned_fd {
public:
  owned_fd() = default;
  explicit owned_fd(int fd) : fd_{fd} {}
  owned_fd(owned_fd&& other) noexcept : fd_{std::exchange(other.fd_, -1)} {}
  owned_fd& operator=(owned_fd&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~owned_fd();

  int get() const {
    return fd_;
  }
  explicit operator bool() const {
    return fd_ >= 0;
  }

private:
  int fd_ = -1;
};

/// Throws std::system_error with errno and `what` ("open the data directory").
[[noreturn]] void throw_errno(const std::string& what);

/// True for the errors of a machine that has no room just now: disk, quota, descriptors, memory.
/// What failed with one may be tried again.
bool lacks_room(int error);

/// Writes all of `bytes` where `fd` stands; throws as throw_errno(what).
void write_all(int fd, std::span<const char> bytes, const char* what);

/// Calls fsync. When that fails `failed`, if set, is told of it first; then it throws.
void sync_file(int fd, const char* what, const std::function<void(const std::string&)>& failed);

/// zlib's CRC-32 of `bytes`, going on from that of what is before them.
std::uint32_t crc32_of(std::span<const char> bytes, std::uint32_t before = 0);
/// That of a file, from its beginning; leaves its position. Throws std::system_error.
std::uint32_t crc32_of_file(int fd);

/// `result` if it is not negative, else throw_errno(what).
int checked(int result, const char* what);

} // namespace convertd
