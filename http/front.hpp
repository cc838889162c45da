// The HTTP front: a socket, an event loop and four pools of workers, and how a request goes from
// one to the other. It knows nothing of jobs but their ids.
#pragma once

#include "http/event_loop.hpp"
#include "http/exchange.hpp"
#include "http/front_options.hpp"
#include "http/watch_list.hpp"
#include "http/worker_pool.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace convertd {

/// One request, for the log; reported once, when it was answered.
struct request_line {
  std::string method; ///< Empty if the head could not be read; so is `path`.
  std::string path;   ///< Without the query, which may hold a signature.
  int status = 0;
  std::uint64_t bytes = 0;  ///< Sent.
  std::uint64_t micros = 0; ///< From the last byte of the head to the last of the answer.
  std::string request_id;
  std::string trace_parent;
  std::string_view route; ///< From the table of routes, "/api/jobs/{id}"; empty = none.
  std::string work_id;    ///< Of the job or the synchronous request that came of it.
  account_id account = 0; ///< 0 = none was authenticated.
  std::string trouble; ///< Why the answer was `internal`; for the operator, never for the client.
};

struct front_hooks {
  request_handler handle;
  /// Answers that last by their nature: whoever takes them slowly holds a thread.
  std::function<bool(std::string_view path)> is_download;
  /// Requests that cost no more than handing them over, and wait for nothing once their body is
  /// read: the event loop itself serves them. May be empty.
  std::function<bool(const request_head& head)> is_quick;
  std::function<unsigned()> retry_after;        ///< Seconds, for refusals that handlers throw.
  std::function<void(const request_line&)> log; ///< May be empty; called by many threads.
};

class front {
public:
  /// Listens from here on (connections wait in the backlog); throws as open_listener() does.
  front(front_options options, front_hooks hooks);
  ~front(); ///< As stop().
  front(const front&) = delete;
  front& operator=(const front&) = delete;

  void start();
  std::uint16_t port() const {
    return port_;
  }

  /// These jobs changed: has requests that wait for it served again. From any thread; cheap.
  void rung(std::span<const job_change> jobs);

  /// Stops accepting, answers parked requests with what there is, lets the others end, for at most
  /// `grace`; closes idle connections.
  void drain(std::chrono::milliseconds grace);
  /// Breaks everything off and joins all threads. Not twice at a time.
  void stop();

private:
  bool dispatch(connection_ptr& from);
  std::optional<next_step> serve_here(connection& from);
  std::vector<connection_ptr> overdue();
  next_step serve(connection& from, httplib_engine& engine, served_by whose);
  next_step finish(connection& from, serve_result result);
  next_step send_rest(connection& from);
  next_step serve_live(connection& from);
  next_step advance_live(connection& from);
  void answer_with_handler(exchange& x);
  void log_refused(const connection& from, const failure& why, std::uint64_t bytes);
  void log(const connection& from, int status, std::uint64_t bytes) const;

  front_options options_;
  front_hooks hooks_;
  request_handler handle_;
  watch_list watches_;
  std::uint16_t port_ = 0;
  httplib_engine loop_engine_;
  std::unique_ptr<event_loop> loop_;
  std::unique_ptr<worker_pool> queries_;
  std::unique_ptr<worker_pool> uploads_;
  std::unique_ptr<worker_pool> downloads_;
  std::unique_ptr<worker_pool> live_;
  std::thread loop_thread_;
};

} // namespace convertd
