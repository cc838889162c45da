// Which waiting requests a job's change wakes.
#pragma once

#include "job/job.hpp"

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <unordered_map>
#include <vector>

namespace convertd {

enum class watch_for : std::uint8_t { end, every_change };

/// One request's interest in one job. What is set stays set, so that a change between looking at
/// the store and going to sleep is not lost; whoever looks again clears it first.
struct watch {
  job_id job;
  std::uint64_t connection = 0;
  watch_for what = watch_for::end;
  std::atomic<bool> rung = false;
  std::atomic<bool> urgent = false;      ///< The job's state is another than it was.
  job_state last = job_state::uploading; ///< Of the list alone.
};

/// Thread-safe. A watch ends when its job does, or when its request lets go of it.
class watch_list {
public:
  std::shared_ptr<watch> add(job_id job, std::uint64_t connection, watch_for what);
  void remove(const std::shared_ptr<watch>& of);

  /// Rings the watches of these jobs; returns the connections that have to be told, each once until
  /// it has looked.
  std::vector<std::uint64_t> ring(std::span<const job_change> jobs);

  std::size_t size() const;

private:
  mutable std::mutex mutex_;
  std::unordered_map<job_id, std::vector<std::shared_ptr<watch>>> watches_;
};

} // namespace convertd
