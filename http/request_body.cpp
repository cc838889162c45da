#include "http/request_body.hpp"

#include "http/request_refused.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <poll.h>
#include <string_view>
#include <sys/socket.h>

namespace convertd {

namespace {

using std::chrono::steady_clock;

constexpr std::size_t chunk_read_bytes = 64 * 1024;

} // namespace

request_body::request_body(connection& of, const front_options& bounds)
  : connection_{&of},
    bounds_{&bounds},
    left_{of.head.framing() == body_framing::length ? of.head.content_length() : 0},
    invited_{!of.head.expects_continue()},
    deadline_{steady_clock::now() + bounds.body_time_max},
    rate_{bounds.rate_min, bounds.body_rate_window} {}

std::size_t request_body::read(std::span<char> into) {
  if (consumed() || into.empty())
    return 0;
  if (!invited_)
    invite();
  auto size =
    connection_->head.framing() == body_framing::chunked ? read_chunked(into) : read_sized(into);
  bytes_read_ += size;
  if (bytes_read_ > bounds_->body_bytes_max)
    throw request_refused{ec::file_too_large, "The upload is larger than this server accepts."};
  return size;
}

bool request_body::consumed() const {
  switch (connection_->head.framing()) {
    case body_framing::none: return true;
    case body_framing::length: return left_ == 0;
    case body_framing::chunked: return chunks_.done();
  }
  return false;
}

void request_body::skip_arrived() {
  // Only where the length was given: the framing then does not depend on what the bytes say.
  if (left_ == 0 || left_ > connection_->buffer.size())
    return;
  connection_->buffer.erase(0, static_cast<std::size_t>(left_));
  left_ = 0;
}

void request_body::invite() {
  constexpr std::string_view go_on = "HTTP/1.1 100 Continue\r\n\r\n";
  invited_ = true;
  // A fresh socket's send buffer has room for this; if not, the client gives up waiting by itself.
  ::send(connection_->socket.get(), go_on.data(), go_on.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
}

std::size_t request_body::read_sized(std::span<char> into) {
  into = into.first(static_cast<std::size_t>(std::min<std::uint64_t>(into.size(), left_)));
  auto size = take_buffered(into);
  if (size == 0)
    size = receive(into);
  left_ -= size;
  return size;
}

std::size_t request_body::read_chunked(std::span<char> into) {
  auto& buffer = connection_->buffer;
  for (;;) {
    std::string_view arrived = buffer;
    std::size_t size = 0;
    while (size < into.size()) {
      auto data = chunks_.next(arrived, into.size() - size);
      if (data.empty())
        break;
      std::memcpy(into.data() + size, data.data(), data.size());
      size += data.size();
    }
    buffer.erase(0, buffer.size() - arrived.size());
    if (chunks_.bad())
      throw request_refused{ec::bad_request, "The chunked body is not valid."};
    if (size > 0 || chunks_.done())
      return size;
    buffer.resize(chunk_read_bytes);
    std::size_t more = 0;
    try {
      more = receive(std::span{buffer});
    } catch (...) {
      buffer.clear();
      throw;
    }
    buffer.resize(more);
  }
}

std::size_t request_body::take_buffered(std::span<char> into) {
  auto& buffer = connection_->buffer;
  auto size = std::min(into.size(), buffer.size());
  std::memcpy(into.data(), buffer.data(), size);
  buffer.erase(0, size);
  return size;
}

std::size_t request_body::receive(std::span<char> into) {
  std::size_t size = 0;
  while (size < into.size()) {
    auto got =
      ::recv(connection_->socket.get(), into.data() + size, into.size() - size, MSG_DONTWAIT);
    if (got > 0) {
      size += static_cast<std::size_t>(got);
    } else if (got < 0 && errno == EINTR) {
      continue;
    } else if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
      if (size > 0)
        break;
      wait_for_bytes();
    } else if (size > 0) {
      break; // what arrived first; the next call meets the end again
    } else {
      throw request_refused{ec::request_timeout, "The body ended before its length was reached."};
    }
  }
  rate_.moved(size);
  return size;
}

void request_body::wait_for_bytes() {
  constexpr std::chrono::milliseconds slice{500};
  auto before = steady_clock::now();
  if (before >= deadline_)
    throw request_refused{ec::request_timeout, "The upload took longer than allowed."};
  pollfd waiting{connection_->socket.get(), POLLIN, 0};
  ::poll(&waiting, 1, static_cast<int>(slice.count()));
  if (!rate_.waited(steady_clock::now() - before))
    throw request_refused{ec::request_timeout, "The upload is slower than allowed."};
}

} // namespace convertd
