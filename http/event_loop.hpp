// The one thread on which connections wait: between requests, while a head arrives, while a parked
// request waits for its job, and while a refused client is given time to read why.
//
//   accept ─► idle ─first byte─► head ─complete─► (a worker) ─keep──► idle
//                                 ▲                  │  │ └───linger► lingering ─► closed
//                                 │                  │  └─────close─► closed
//                                 └─(served again)─ parked, for a job or more of its body;
//                                                   watching a job, or blocked, of a live answer
#pragma once

#include "http/connection.hpp"
#include "http/deadline_queue.hpp"
#include "http/front_options.hpp"
#include "http/loop_mailbox.hpp"
#include "http/peer_address.hpp"
#include "http/watch_list.hpp"
#include "job/error.hpp"

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace convertd {

/// What the loop needs of the rest of the front.
struct loop_hooks {
  /// Gives a request whose head is complete to the workers; leaves it where it is if they are full.
  std::function<bool(connection_ptr&)> dispatch;
  /// Serves it at once if it is quick; nothing if a worker has to.
  std::function<std::optional<next_step>(connection&)> serve_here;
  /// Requests that have waited too long for a worker.
  std::function<std::vector<connection_ptr>()> overdue;
  /// Seconds, for refusals of the loop's own.
  std::function<unsigned()> retry_after;
  /// A request was answered by the loop itself, with this error.
  std::function<void(const connection&, const failure&, std::uint64_t bytes)> refused;
};

class event_loop {
public:
  event_loop(owned_fd listener, const front_options& bounds, watch_list& watches, loop_hooks hooks);
  ~event_loop();
  event_loop(const event_loop&) = delete;
  event_loop& operator=(const event_loop&) = delete;

  /// Returns after stop().
  void run();

  // From any thread:
  /// A worker is done with a connection.
  void give_back(connection_ptr from, next_step step) {
    mail_.give_back(std::move(from), step);
  }
  /// The jobs changed that these connections wait for.
  void ring(std::span<const std::uint64_t> connections) {
    mail_.ring(connections);
  }
  /// Stops accepting, closes what is idle, serves what is parked a last time.
  void drain();
  /// After drain(): true if no connection was left within `time`.
  bool wait_until_empty(std::chrono::milliseconds time);
  void stop() {
    mail_.stop();
  }

  bool draining() const {
    return draining_;
  }

private:
  void take_messages();
  void on_tick();
  void accept_some();
  void admit(owned_fd socket, const peer_address& peer);
  bool count(connection& from); ///< False if its peer has too many already.
  void uncount(connection& from);
  void drop(connection& from); ///< Ends the connection; `from` is gone then.

  void on_event(std::uint64_t id, std::uint32_t events);
  void on_ring(std::uint64_t id);
  void on_deadline(connection& late);
  void expire();
  void arm(connection& from, std::uint32_t events);
  void disarm(connection& from);
  int milliseconds_to_wait() const;

  void go_idle(connection& from);
  void read_head(connection& from);
  void advance(connection& from);
  void begin_request(connection& from, std::size_t head_size);
  bool count_client(connection& from);
  void dispatch(connection& from);
  bool serve_here(connection& from);

  void take_back(connection_ptr from, next_step step);
  void after(connection& from, next_step step);
  void park(connection& from);
  void resume(connection& parked);
  void watch(connection& from);
  void look(connection& from);
  void await_room(connection& from);
  void await_body(connection& from);
  void serve_body(connection& from);
  void wake_at(connection& from, std::uint64_t bytes);
  void refuse(connection& from, const failure& why);
  unsigned seconds_to_retry(const failure& why) const;
  void linger(connection& from);
  const linger_bounds& linger_bounds_of(const connection& x) const;
  void drain_some(connection& from);

  void begin_drain();
  void tell_if_drained();

  const front_options* bounds_;
  watch_list* watches_;
  loop_hooks hooks_;
  loop_mailbox mail_;
  owned_fd epoll_;
  owned_fd listener_;
  bool accepting_ = true; ///< false for a moment when the process has no descriptors left.
  bool stopping_ = false;
  steady_time round_began_{};

  std::unordered_map<std::uint64_t, connection_ptr> waiting_; ///< By connection::id.
  deadline_queue deadlines_;
  std::unordered_map<std::string, std::size_t> per_peer_;
  proxy_list proxies_;
  std::size_t total_ = 0; ///< Connections, those at the workers included.
  std::uint64_t next_id_;
  std::vector<char> scratch_;

  std::atomic<bool> draining_ = false;
  std::mutex mutex_; ///< Of `drained_`.
  std::condition_variable became_empty_;
  bool drained_ = false; ///< draining_, and no connection is left.
};

} // namespace convertd
