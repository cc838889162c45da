#include "storage/upload.hpp"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <string>
#include <sys/types.h>
#include <unistd.h>

namespace convertd {

void upload::append(std::span<const char> bytes) {
  size_ += bytes.size();
  crc32_ = crc32_of(bytes, crc32_);
  if (!file_ && !to_disk_ && size_ <= inline_bytes_max) {
    memory_.append(bytes.data(), bytes.size());
    return;
  }
  if (!file_)
    open_file();
  write_out(bytes);
}

void upload::to_disk() {
  to_disk_ = true;
  if (!file_ && size_ > 0)
    open_file();
}

void upload::open_file() {
  file_ = files_->nameless();
  write_out(memory_);
  memory_ = std::string{}; // {} alone would keep the capacity
}

owned_fd upload::reopen() const {
  // It has no name; the /proc path leads to it (open(2), O_TMPFILE).
  auto path = "/proc/self/fd/" + std::to_string(file_.get());
  return owned_fd{checked(::open(path.c_str(), O_RDONLY | O_CLOEXEC), "open an upload")};
}

void upload::keep_as_source(job_id job) const {
  if (file_)
    files_->keep_source(job, file_.get());
}

owned_fd upload::cut_out(std::uint64_t offset, std::uint64_t length) const {
  if (offset == 0 && length == size_)
    return owned_fd{checked(::fcntl(file_.get(), F_DUPFD_CLOEXEC, 0), "hand on an upload")};
  auto part = files_->nameless();
  for (auto from = static_cast<off_t>(offset); length > 0;) {
    auto copied = ::copy_file_range(file_.get(), &from, part.get(), nullptr, length, 0);
    if (checked(static_cast<int>(std::min<ssize_t>(copied, 1)), "copy a part of an upload") == 0)
      throw_errno("copy a part of an upload that is shorter");
    length -= static_cast<std::uint64_t>(copied);
  }
  return part;
}

void upload::write_out(std::span<const char> bytes) {
  write_all(file_.get(), bytes, "write an upload");
}

} // namespace convertd
