#include "http/watch_list.hpp"

#include <utility>

namespace convertd {

namespace {

/// True if its connection has to be told.
bool ring_one(watch& of, job_state now) {
  if (of.what == watch_for::end) {
    of.rung = of.rung || is_final(now);
    return of.rung;
  }
  auto urgent = std::exchange(of.last, now) != now;
  if (urgent)
    of.urgent = true;
  return !of.rung.exchange(true) || urgent;
}

} // namespace

std::shared_ptr<watch> watch_list::add(job_id job, std::uint64_t connection, watch_for what) {
  auto fresh = std::make_shared<watch>();
  fresh->job = job;
  fresh->connection = connection;
  fresh->what = what;
  std::lock_guard lock{mutex_};
  watches_[job].push_back(fresh);
  return fresh;
}

void watch_list::remove(const std::shared_ptr<watch>& of) {
  if (!of)
    return;
  std::lock_guard lock{mutex_};
  auto found = watches_.find(of->job);
  if (found == watches_.end())
    return;
  std::erase(found->second, of);
  if (found->second.empty())
    watches_.erase(found);
}

std::vector<std::uint64_t> watch_list::ring(std::span<const job_change> jobs) {
  std::vector<std::uint64_t> woken;
  std::lock_guard lock{mutex_};
  for (const auto& job : jobs) {
    auto found = watches_.find(job.id);
    if (found == watches_.end())
      continue;
    for (const auto& each : found->second)
      if (ring_one(*each, job.state))
        woken.push_back(each->connection);
    if (is_final(job.state)) // nothing more will happen to it
      watches_.erase(found);
  }
  return woken;
}

std::size_t watch_list::size() const {
  std::lock_guard lock{mutex_};
  std::size_t total = 0;
  for (const auto& [job, watches] : watches_)
    total += watches.size();
  return total;
}

} // namespace convertd
