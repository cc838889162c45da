#include "storage/fd.hpp"

#include "job/test_hooks.hpp"

#include <cerrno>
#include <cstddef>
#include <libdeflate.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <vector>

namespace convertd {

namespace {

constexpr std::size_t crc_buffer_bytes = 256 * 1024;

} // namespace

owned_fd::~owned_fd() {
  if (fd_ >= 0)
    ::close(fd_);
}

void throw_errno(const std::string& what) {
  throw std::system_error{errno, std::generic_category(), what};
}

bool lacks_room(int error) {
  return error == ENOSPC || error == EDQUOT || error == EMFILE || error == ENFILE
         || error == ENOMEM;
}

void write_all(int fd, std::span<const char> bytes, const char* what) {
  while (!bytes.empty()) {
    auto written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR)
      continue;
    if (written < 0)
      throw_errno(what);
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
}

namespace {

/// For the controls of runs that must notice it.
bool sync_is_dropped(int fd) {
  if (!fault_wanted("no-directory-sync"))
    return fault_wanted("no-sync");
  struct stat status {};
  return ::fstat(fd, &status) == 0 && S_ISDIR(status.st_mode);
}

} // namespace

void sync_file(int fd, const char* what, const std::function<void(const std::string&)>& failed) {
  if (sync_is_dropped(fd) || ::fsync(fd) == 0 || fault_wanted("ignore-sync-error"))
    return;
  auto error = errno;
  if (failed)
    failed(std::string{what} + ": " + std::generic_category().message(error));
  errno = error;
  throw_errno(what);
}

std::uint32_t crc32_of(std::span<const char> bytes, std::uint32_t before) {
  return libdeflate_crc32(before, bytes.data(), bytes.size());
}

std::uint32_t crc32_of_file(int fd) {
  std::vector<char> buffer(crc_buffer_bytes);
  std::uint32_t crc = 0;
  for (off_t at = 0;;) {
    auto got = ::pread(fd, buffer.data(), buffer.size(), at);
    if (got < 0 && errno == EINTR)
      continue;
    if (got < 0)
      throw_errno("read a file");
    if (got == 0)
      return crc;
    crc = crc32_of({buffer.data(), static_cast<std::size_t>(got)}, crc);
    at += got;
  }
}

int checked(int result, const char* what) {
  if (result < 0)
    throw_errno(what);
  return result;
}

} // namespace convertd
