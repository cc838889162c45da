// A fixed number of threads that serve requests, and the bounded queue in front of them.
#pragma once

#include "http/connection.hpp"
#include "http/httplib_engine.hpp"

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace convertd {

class worker_pool {
public:
  /// Serves one request; called by the workers, must not throw.
  using serve_function = std::function<next_step(connection&, httplib_engine&)>;
  /// Takes the connection back afterwards.
  using return_function = std::function<void(connection_ptr, next_step)>;

  worker_pool(std::string name, std::size_t threads, std::size_t queue_max,
              const front_options& bounds, serve_function serve, return_function give_back);
  ~worker_pool(); ///< As stop().
  worker_pool(const worker_pool&) = delete;
  worker_pool& operator=(const worker_pool&) = delete;

  /// Takes the connection; leaves it where it is when the queue is full.
  bool push(connection_ptr& from);

  /// Takes the requests that have waited since before `since` out of the queue.
  std::vector<connection_ptr> waiting_since_before(steady_time since);

  /// Breaks the connections that are being served off, drops the queue, joins the threads.
  void stop();

private:
  void work(std::size_t number, const front_options& bounds);
  connection_ptr take(std::size_t number);
  void let_go(std::size_t number);

  serve_function serve_;
  return_function give_back_;
  std::size_t queue_max_;
  std::mutex mutex_;
  std::condition_variable something_;
  std::deque<connection_ptr> queue_;
  std::vector<int> sockets_; ///< By worker: of the request it serves, or -1.
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

} // namespace convertd
