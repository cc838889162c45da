// Which waiting requests a job's change wakes.
#pragma once

#include "job/ids.hpp"

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <unordered_map>
#include <vector>

namespace convertd {

/// One request's interest in one job. Once rung it stays rung, so that a change between looking at
/// the store and going to sleep is not lost.
struct watch {
  job_id job;
  std::uint64_t connection = 0;
  std::atomic<bool> rung = false;
};

/// Thread-safe. A watch ends when it is rung, or when its request lets go of it.
class watch_list {
public:
  std::shared_ptr<watch> add(job_id job, std::uint64_t connection);
  void remove(const std::shared_ptr<watch>& of);

  /// Rings the watches of these jobs; returns the connections to wake.
  std::vector<std::uint64_t> ring(std::span<const job_id> jobs);

  std::size_t size() const;

private:
  mutable std::mutex mutex_;
  std::unordered_map<job_id, std::vector<std::shared_ptr<watch>>> watches_;
};

} // namespace convertd
