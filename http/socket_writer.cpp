#include "http/socket_writer.hpp"

#include <cerrno>
#include <poll.h>
#include <sys/socket.h>

namespace convertd {

namespace {

constexpr std::size_t gather_bytes = 64 * 1024;

} // namespace

bool socket_writer::write(std::string_view bytes) {
  if (gathered_.size() + bytes.size() <= gather_bytes) {
    gathered_ += bytes;
    return !failed_;
  }
  return flush() && send_all(bytes);
}

bool socket_writer::flush() {
  auto sent = gathered_.empty() || send_all(gathered_);
  gathered_.clear();
  return sent && !failed_;
}

bool socket_writer::send_all(std::string_view bytes) {
  if (!rest_.empty())
    rest_ += std::exchange(bytes, {});
  while (!bytes.empty() && !failed_) {
    auto sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(sent));
      bytes_sent_ += static_cast<std::uint64_t>(sent);
      rate_.moved(static_cast<std::uint64_t>(sent));
    } else if ((errno == EAGAIN || errno == EWOULDBLOCK) && then_ == when_full::keep_rest) {
      rest_ = std::exchange(bytes, {});
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      failed_ = !wait_for_room();
    } else if (errno != EINTR) {
      failed_ = true;
    }
  }
  return !failed_;
}

bool socket_writer::wait_for_room() {
  auto before = std::chrono::steady_clock::now();
  pollfd waiting{socket_, POLLOUT, 0};
  auto ready = ::poll(&waiting, 1, static_cast<int>(bounds_->write_time_max.count()));
  return ready > 0 && rate_.waited(std::chrono::steady_clock::now() - before);
}

} // namespace convertd
