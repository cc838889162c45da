// When each waiting connection's time is up.
#pragma once

#include "http/connection.hpp"

#include <cstdint>
#include <optional>

namespace convertd {

/// At most one deadline for each connection; the nearest is found at once. Not thread-safe.
class deadline_queue {
public:
  void set(connection& of, steady_time at) {
    clear(of);
    of.deadline = queue_.emplace(at, of.id);
    of.has_deadline = true;
  }

  void clear(connection& of) {
    if (of.has_deadline)
      queue_.erase(of.deadline);
    of.has_deadline = false;
  }

  /// The connection whose deadline is the earliest, if that has come at `now`.
  std::optional<std::uint64_t> due(steady_time now) const {
    if (queue_.empty() || queue_.begin()->first > now)
      return std::nullopt;
    return queue_.begin()->second;
  }

  std::optional<steady_time> next() const {
    return queue_.empty() ? std::nullopt : std::optional{queue_.begin()->first};
  }

private:
  deadline_map queue_;
};

} // namespace convertd
