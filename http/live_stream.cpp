#include "http/live_stream.hpp"

#include <array>
#include <cerrno>
#include <charconv>
#include <sys/socket.h>

namespace convertd {

namespace {

constexpr std::uint64_t turn_bytes = 256 * 1024; ///< Then others have their turn.
constexpr std::string_view comment = ": still there\n\n";

void append_chunk(std::string& out, std::string_view text) {
  std::array<char, 16> digits{};
  auto end = std::to_chars(digits.data(), digits.data() + digits.size(), text.size(), 16).ptr;
  out.append(digits.data(), end).append("\r\n").append(text).append("\r\n");
}

} // namespace

live_stream::state live_stream::advance(int socket, bool last, steady_time now) {
  looked_ = now;
  said_all_ = false;
  for (auto until = bytes_sent_ + turn_bytes; bytes_sent_ < until;) {
    if (unsent_.empty() && !compose(last))
      return ended_ ? state::ended : state::waits;
    if (!send(socket))
      return state::broken;
    if (!unsent_.empty())
      return state::blocked;
  }
  return state::busy;
}

/// Fills `unsent_`; false if there is nothing to send now.
bool live_stream::compose(bool last) {
  if (ended_ || (said_all_ && !last))
    return false;
  thread_local std::string piece; // for thousands of streams, one buffer of each worker
  piece.clear();
  if (!said_all_) {
    auto more = from_->next(piece);
    said_all_ = more != live_answer::more::now;
    ended_ = more == live_answer::more::never;
  }
  ended_ |= last && said_all_;
  if (piece.empty() && !ended_ && said_all_ && looked_ >= next_comment())
    piece = comment;
  if (!piece.empty() && chunked_)
    append_chunk(unsent_, piece);
  else
    unsent_ += piece;
  if (ended_ && chunked_)
    unsent_ += "0\r\n\r\n";
  return !unsent_.empty() || !said_all_;
}

bool live_stream::send(int socket) {
  if (unsent_.empty())
    return true;
  auto sent = ::send(socket, unsent_.data(), unsent_.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  if (sent < 0)
    return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
  sent_at_ = looked_;
  bytes_sent_ += static_cast<std::uint64_t>(sent);
  if (static_cast<std::size_t>(sent) == unsent_.size())
    unsent_ = std::string{};
  else
    unsent_.erase(0, static_cast<std::size_t>(sent));
  return true;
}

} // namespace convertd
