// Tells when a codec process has ended that nobody is talking to: its worker sleeps, and would find
// out with the next file.
#pragma once

#include "storage/fd.hpp"

#include <functional>
#include <mutex>
#include <thread>
#include <unordered_map>

namespace convertd {

/// One thread for all processes. Thread-safe.
class process_watch {
public:
  process_watch();
  ~process_watch(); ///< Ends the thread; nobody is called any more.
  process_watch(const process_watch&) = delete;
  process_watch& operator=(const process_watch&) = delete;

  /// Calls `ended` once, from the thread of the watch, when the process of that pidfd has ended.
  /// The pidfd stays the caller's. Where the system has no room for it, nobody is called.
  void add(int pidfd, std::function<void()> ended);

private:
  void run();
  std::function<void()> take(int pidfd);

  owned_fd epoll_;
  owned_fd stop_;
  std::mutex mutex_;
  struct watched {
    owned_fd pidfd;
    std::function<void()> ended;
  };
  std::unordered_map<int, watched> watched_; ///< By our own descriptor.
  std::thread thread_;
};

} // namespace convertd
