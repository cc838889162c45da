// What other threads tell the event loop.
#pragma once

#include "http/connection.hpp"
#include "storage/fd.hpp"

#include <cstdint>
#include <mutex>
#include <span>
#include <utility>
#include <vector>

namespace convertd {

struct loop_messages {
  std::vector<std::pair<connection_ptr, next_step>> returned; ///< From workers.
  std::vector<std::uint64_t> rung; ///< Connections whose job has changed.
  bool drain = false;
  bool stop = false;
};

/// Thread-safe. The bell is an eventfd that can be read while there is something to take.
class loop_mailbox {
public:
  loop_mailbox();

  int bell() const {
    return bell_.get();
  }

  void give_back(connection_ptr from, next_step step);
  void ring(std::span<const std::uint64_t> connections);
  void drain();
  void stop();

  /// Everything that was told since the last call.
  loop_messages take();

private:
  void signal();

  owned_fd bell_;
  std::mutex mutex_;
  loop_messages told_;
};

} // namespace convertd
