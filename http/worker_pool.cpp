#include "http/worker_pool.hpp"

#include <pthread.h>
#include <sys/socket.h>
#include <utility>

namespace convertd {

worker_pool::worker_pool(std::string name, std::size_t threads, std::size_t queue_max,
                         const front_options& bounds, serve_function serve,
                         return_function give_back)
  : serve_{std::move(serve)},
    give_back_{std::move(give_back)},
    queue_max_{queue_max},
    sockets_(threads, -1) {
  for (std::size_t i = 0; i < threads; ++i) {
    threads_.emplace_back([this, i, &bounds] { work(i, bounds); });
    pthread_setname_np(threads_.back().native_handle(), (name + "-" + std::to_string(i)).c_str());
  }
}

worker_pool::~worker_pool() {
  stop();
}

bool worker_pool::push(connection_ptr& from) {
  {
    std::lock_guard lock{mutex_};
    if (stopping_ || queue_.size() >= queue_max_)
      return false;
    from->queued_since = std::chrono::steady_clock::now();
    queue_.push_back(std::move(from));
  }
  something_.notify_one();
  return true;
}

std::vector<connection_ptr> worker_pool::waiting_since_before(steady_time since) {
  std::vector<connection_ptr> out;
  std::lock_guard lock{mutex_};
  while (!queue_.empty() && queue_.front()->queued_since < since) {
    out.push_back(std::move(queue_.front()));
    queue_.pop_front();
  }
  return out;
}

void worker_pool::stop() {
  {
    std::lock_guard lock{mutex_};
    stopping_ = true;
    queue_.clear();
    for (int socket : sockets_)
      if (socket >= 0)
        ::shutdown(socket, SHUT_RDWR);
  }
  something_.notify_all();
  for (auto& thread : threads_)
    if (thread.joinable())
      thread.join();
}

void worker_pool::work(std::size_t number, const front_options& bounds) {
  httplib_engine engine{bounds};
  while (auto next = take(number)) {
    auto step = serve_(*next, engine);
    let_go(number); // before the socket can be closed and its number be another's
    give_back_(std::move(next), step);
  }
}

void worker_pool::let_go(std::size_t number) {
  std::lock_guard lock{mutex_};
  sockets_[number] = -1;
}

connection_ptr worker_pool::take(std::size_t number) {
  std::unique_lock lock{mutex_};
  something_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
  if (stopping_)
    return nullptr;
  auto next = std::move(queue_.front());
  queue_.pop_front();
  sockets_[number] = next->socket.get();
  return next;
}

} // namespace convertd
