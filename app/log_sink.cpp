#include "app/log_sink.hpp"

#include <cerrno>
#include <poll.h>
#include <unistd.h>
#include <utility>

namespace convertd {

namespace {

/// What cannot be written is lost: there is no better place to say so.
void write_to(int to, std::string_view text) {
  while (!text.empty()) {
    auto n = ::write(to, text.data(), text.size());
    if (n > 0) {
      text.remove_prefix(static_cast<std::size_t>(n));
    } else if (n < 0 && errno == EAGAIN) { // what we share may have been made not to block
      pollfd until{.fd = to, .events = POLLOUT, .revents = 0};
      ::poll(&until, 1, -1);
    } else if (n == 0 || errno != EINTR) {
      return;
    }
  }
}

} // namespace

log_sink::log_sink(int to, std::function<std::string(std::uint64_t)> lost,
                   std::chrono::milliseconds gathering)
  : to_{to}, sentence_of_lost_{std::move(lost)}, gathering_{gathering}, thread_{[this] {
      run();
    }} {}

log_sink::~log_sink() {
  {
    std::lock_guard lock{mutex_};
    stopping_ = true;
  }
  more_.notify_one();
  thread_.join();
}

void log_sink::sink_it_(const spdlog::details::log_msg& line) {
  auto one_of_many =
    std::string_view{line.logger_name.data(), line.logger_name.size()} == log_of_many;
  if (waiting_.size() >= (one_of_many ? 1 : 2) * log_waiting_max) {
    ++lost_;
    return;
  }
  spdlog::memory_buf_t text;
  formatter_->format(line, text);
  auto first = waiting_.empty();
  waiting_.append(text.data(), text.size());
  bytes_taken_ += text.size();
  if (!one_of_many)
    return flush_();
  urgent_ |= line.level >= spdlog::level::err;
  if (first || must_write())
    more_.notify_one();
}

/// Called, as sink_it_() is, with the mutex locked.
void log_sink::flush_() {
  urgent_ = true;
  more_.notify_one();
  std::unique_lock lock{mutex_, std::adopt_lock};
  written_.wait_for(lock, log_wait_max,
                    [this, mine = bytes_taken_] { return bytes_written_ >= mine; });
  lock.release();
}

bool log_sink::must_write() const {
  return urgent_ || waiting_.size() >= log_waiting_max / 2;
}

void log_sink::run() {
  std::string text;
  std::unique_lock lock{mutex_};
  for (;;) {
    more_.wait(lock, [this] { return !waiting_.empty() || stopping_; });
    if (waiting_.empty())
      return;
    more_.wait_for(lock, gathering_, [this] { return must_write() || stopping_; });
    urgent_ = false;
    tell_of_lost();
    text.clear();
    std::swap(text, waiting_);
    lock.unlock();
    write_to(to_, text);
    lock.lock();
    bytes_written_ += text.size();
    written_.notify_all();
  }
}

void log_sink::tell_of_lost() {
  if (lost_ == 0)
    return;
  auto sentence = sentence_of_lost_(std::exchange(lost_, 0));
  spdlog::memory_buf_t text;
  formatter_->format({spdlog::string_view_t{}, spdlog::level::warn, sentence}, text);
  waiting_.append(text.data(), text.size());
  bytes_taken_ += text.size();
}

} // namespace convertd
