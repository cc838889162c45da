// An answer that goes on for as long as what it tells of does: events of a job.
//
// A handler makes the live_answer and returns; from there on the event loop waits for its job, for
// room in the socket or for the next sign of life, and a worker writes what is new without ever
// waiting. What is new is read from the store: nothing is queued for a client, and one that reads
// slowly costs what of one piece is left.
#pragma once

#include "http/connection.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace convertd {

/// Where the text comes from. Used by one thread at a time.
class live_answer {
public:
  virtual ~live_answer() = default;

  enum class more : std::uint8_t {
    now,   ///< There is more to say already.
    later, ///< Everything that is known was said.
    never, ///< This was the last of it.
  };
  /// Appends what is new to `out`: about live_piece_bytes, one event at least if there is one.
  virtual more next(std::string& out) = 0;
};

inline constexpr std::size_t live_piece_bytes = 4 * 1024;
/// Between two looks at a job that only goes on; a change of its state is told at once.
inline constexpr std::chrono::milliseconds live_spacing{250};
inline constexpr std::chrono::seconds live_comment_after{15};

class live_stream {
public:
  /// `head`: of the response. `chunked`: the body that follows, so that its end can be told from a
  /// connection that broke.
  live_stream(std::unique_ptr<live_answer> from, std::string head, bool chunked)
    : from_{std::move(from)}, unsent_{std::move(head)}, chunked_{chunked} {}

  enum class state : std::uint8_t {
    waits,   ///< For a change, or the time of the next comment.
    blocked, ///< The client has to take something first.
    busy,    ///< It had its turn, and goes on.
    ended,   ///< Everything was sent.
    broken,  ///< The client is gone.
  };
  /// Sends what is new and what fits. `last`: ends instead of waiting.
  state advance(int socket, bool last, steady_time now);

  steady_time next_look() const {
    return looked_ + live_spacing;
  }
  steady_time next_comment() const {
    return sent_at_ + live_comment_after;
  }
  std::uint64_t bytes_sent() const {
    return bytes_sent_;
  }

private:
  bool compose(bool last);
  bool send(int socket);

  std::unique_ptr<live_answer> from_;
  std::string unsent_; ///< At most a piece; empty most of the time.
  bool chunked_;
  bool said_all_ = false; ///< As far as was known at the last look.
  bool ended_ = false;
  steady_time looked_{};
  steady_time sent_at_ = std::chrono::steady_clock::now();
  std::uint64_t bytes_sent_ = 0;
};

} // namespace convertd
