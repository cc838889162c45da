#include "http/request_body.hpp"

#include "http/request_refused.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string_view>
#include <sys/socket.h>
#include <utility>

namespace convertd {

namespace {

using std::chrono::steady_clock;

constexpr std::size_t chunk_read_bytes = 64 * 1024;

} // namespace

request_body::request_body(connection& of, const front_options& bounds)
  : connection_{&of}, bounds_{&bounds} {
  if (!of.notes.body)
    of.notes.body.emplace(of.head, bounds);
}

std::optional<std::size_t> request_body::read(std::span<char> into) {
  if (consumed() || into.empty())
    return 0;
  if (!state().invited)
    invite();
  auto size =
    connection_->head.framing() == body_framing::chunked ? read_chunked(into) : read_sized(into);
  state().read += size.value_or(0);
  if (state().read > bounds_->body_bytes_max)
    throw request_refused{ec::file_too_large, "The upload is larger than this server accepts."};
  return size;
}

bool request_body::consumed() const {
  switch (connection_->head.framing()) {
    case body_framing::none: return true;
    case body_framing::length: return state().left == 0;
    case body_framing::chunked: return state().chunks.done();
  }
  return false;
}

void request_body::skip_arrived() {
  // Only where the length was given: the framing then does not depend on what the bytes say.
  auto& left = state().left;
  if (left == 0 || left > connection_->buffer.size())
    return;
  connection_->buffer.erase(0, static_cast<std::size_t>(left));
  left = 0;
}

void request_body::invite() {
  constexpr std::string_view go_on = "HTTP/1.1 100 Continue\r\n\r\n";
  state().invited = true;
  // A fresh socket's send buffer has room for this; if not, the client gives up waiting by itself.
  ::send(connection_->socket.get(), go_on.data(), go_on.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
}

std::optional<std::size_t> request_body::read_sized(std::span<char> into) {
  auto& left = state().left;
  into = into.first(static_cast<std::size_t>(std::min<std::uint64_t>(into.size(), left)));
  auto size = take_buffered(into);
  if (size == 0)
    size = receive(into);
  left -= size;
  return size > 0 ? std::optional{size} : std::nullopt;
}

std::optional<std::size_t> request_body::read_chunked(std::span<char> into) {
  // Of the thread: taken for each call, such buffers leave holes between what waiting requests
  // keep.
  thread_local std::string scratch(chunk_read_bytes, '\0');
  auto& kept = connection_->buffer;
  for (;;) {
    std::string_view arrived = kept;
    if (arrived.empty()) {
      auto more = receive(std::span{scratch});
      if (more == 0)
        return std::nullopt;
      arrived = std::string_view{scratch}.substr(0, more);
    }
    auto size = dechunk(arrived, into);
    kept = std::string{arrived};
    if (size > 0 || state().chunks.done())
      return size;
  }
}

/// Moves data from `arrived` to `into`; what is left of `arrived` comes after it.
std::size_t request_body::dechunk(std::string_view& arrived, std::span<char> into) {
  auto& chunks = state().chunks;
  std::size_t size = 0;
  while (size < into.size()) {
    auto data = chunks.next(arrived, into.size() - size);
    if (data.empty())
      break;
    std::memcpy(into.data() + size, data.data(), data.size());
    size += data.size();
  }
  if (chunks.bad())
    throw request_refused{ec::bad_request, "The chunked body is not valid."};
  return size;
}

std::size_t request_body::take_buffered(std::span<char> into) {
  auto& buffer = connection_->buffer;
  auto size = std::min(into.size(), buffer.size());
  std::memcpy(into.data(), buffer.data(), size);
  if (size == buffer.size())
    buffer = std::string{};
  else
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
    } else if (size > 0) {
      break; // what arrived first; the next call meets the end again
    } else if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
      check_pace();
      return 0;
    } else {
      throw request_refused{ec::request_timeout, "The body ended before its length was reached."};
    }
  }
  state().rate.moved(size);
  return size;
}

/// When everything that has arrived is read.
void request_body::check_pace() {
  if (steady_clock::now() >= state().deadline)
    throw request_refused{ec::request_timeout, "The upload took longer than allowed."};
  if (!state().rate.waited(std::exchange(state().waited, {})))
    throw request_refused{ec::request_timeout, "The upload is slower than allowed."};
}

} // namespace convertd
