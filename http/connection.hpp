// One client's connection. At any time it belongs to exactly one thread: the event loop, or the
// worker that serves its request.
#pragma once

#include "http/body_state.hpp"
#include "http/head.hpp"
#include "http/watch_list.hpp"
#include "job/ids.hpp"
#include "storage/fd.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace convertd {

using steady_time = std::chrono::steady_clock::time_point;

/// What the event loop waits for.
enum class connection_phase : std::uint8_t {
  idle,      ///< Between requests.
  head,      ///< Some bytes of a head are there.
  parked,    ///< A handler waits for a job to change.
  body,      ///< A handler waits for more of the body.
  watching,  ///< A live answer waits for its job.
  blocked,   ///< A live answer waits for the client to take something.
  lingering, ///< We have said our last word; the client's bytes are read and dropped.
};

/// What the worker that served a request wants next.
enum class next_step : std::uint8_t {
  keep,
  park,
  await_body,
  go_on,      ///< Of a live answer: there is more to send.
  watch,      ///< Everything was sent.
  await_room, ///< The client is behind.
  hand_over,  ///< From the event loop: a worker is to go on.
  linger,
  close,
};

/// What a handler has made of a body so far.
struct request_work {
  request_work() = default;
  virtual ~request_work() = default;
  request_work(const request_work&) = delete;
  request_work& operator=(const request_work&) = delete;
};

class live_stream;

/// What is known of the request being served. Survives parking, so that authentication, rate and
/// log count once however often the request is served again.
struct request_notes {
  std::string id;                ///< X-Request-Id.
  std::string trace_parent;      ///< The request's, if it is one (W3C Trace Context); else empty.
  std::string_view route;        ///< Its path with braces, from the table of routes; empty = none.
  std::optional<job_id> work_id; ///< The job, or the synchronous request, that came of it.
  steady_time begun{};
  account_id account = 0;                                  ///< 0 = not known.
  std::vector<std::pair<std::string, std::string>> fields; ///< Of the answer, whatever it will be.
  std::string trouble;       ///< What an unexpected exception said; for the log.
  unsigned times_served = 0; ///< 0 the first time.
  bool last_call = false;    ///< Answer what there is: the wait is over, or the server stops.
  steady_time park_until{};
  bool stays = false; ///< Parked for a moment: answered also if the client sends no more.
  std::shared_ptr<watch> watched; ///< From exchange::watch().
  std::optional<body_state> body; ///< Once a worker has served the request.
  std::unique_ptr<request_work> work;
  std::shared_ptr<live_stream> live; ///< The answer has begun and goes on.
};

struct connection;
using connection_ptr = std::unique_ptr<connection>;
using deadline_map = std::multimap<steady_time, std::uint64_t>; ///< To connection::id.

struct connection {
  owned_fd socket;
  std::uint64_t id = 0;
  std::string peer;        ///< Counted by it; see peer_address::counted_as().
  bool from_proxy = false; ///< A trusted one: its requests are counted by their clients.
  std::string proxy;       ///< Then its own address.

  std::string buffer;      ///< Arrived and not consumed yet.
  std::size_t scanned = 0; ///< Of the buffer, in search of the head's end.
  request_head head;
  request_notes notes;
  std::string
    unsent; ///< The end of an answer, for which the socket had no room when the loop sent it.
  next_step after_unsent = next_step::close;

  // Of the event loop alone:
  connection_phase phase = connection_phase::idle;
  deadline_map::iterator deadline;
  bool has_deadline = false;
  std::uint32_t armed = 0;    ///< What epoll tells of it.
  bool counted = false;       ///< Among the connections of its peer.
  std::size_t drained = 0;    ///< While lingering.
  steady_time queued_since{}; ///< Given to a pool.
  steady_time body_awaited_since{};
  int wakes_at = 1; ///< SO_RCVLOWAT: how much must have arrived before the loop is told.
};

} // namespace convertd
