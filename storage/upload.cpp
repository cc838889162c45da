#include "storage/upload.hpp"

#include <cerrno>
#include <unistd.h>

namespace convertd {

void upload::append(std::span<const char> bytes) {
  size_ += bytes.size();
  if (!file_ && size_ <= inline_bytes_max) {
    memory_.append(bytes.data(), bytes.size());
    return;
  }
  to_disk();
  write_out(bytes);
}

void upload::to_disk() {
  if (file_ || size_ == 0)
    return;
  file_ = files_->nameless();
  write_out(memory_);
  memory_ = {};
}

void upload::keep_as_source(job_id job) const {
  if (file_)
    files_->keep_source(job, file_.get());
}

void upload::write_out(std::span<const char> bytes) {
  while (!bytes.empty()) {
    auto written = ::write(file_.get(), bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR)
      continue;
    if (written < 0)
      throw_errno("write an upload");
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
}

} // namespace convertd
