// What the actors under simulation meet instead of processes, receivers and HTTP: each answers,
// refuses, dies or keeps still, as the seed says.
#pragma once

#include "actors/protocols.hpp"
#include "storage/job_files.hpp"
#include "storage/store.hpp"

#include <caf/event_based_actor.hpp>
#include <caf/stateful_actor.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <random>
#include <set>
#include <string>
#include <utility>

namespace convertd {

/// A history's source of chance: the same seed, the same history.
class chance {
public:
  explicit chance(std::uint64_t seed) : random_{seed} {}

  std::uint32_t below(std::uint32_t limit) {
    return static_cast<std::uint32_t>(random_() % limit);
  }
  bool one_in(std::uint32_t many) {
    return below(many) == 0;
  }

private:
  std::mt19937_64 random_;
};

using file_place = std::pair<job_id, std::uint32_t>;

/// What everybody outside shares: what they saw, and whom they tell of a violation.
struct outside {
  chance& random;
  const store& records;
  const job_files& files;
  std::function<void(const std::string&)> violation;
  std::function<timestamp()> now;

  std::map<file_place, int> deaths{}; ///< Of a file's decoder, in this life of the server.
  std::set<job_id> excused{};         ///< Their runner died with what it had not recorded yet.
  std::set<file_place> at_work{};     ///< At a worker just now.
  std::set<delivery_id> delivered{};  ///< Accepted by the receiver.
};

struct simulated_worker_state {
  file_task_ptr task;
  caf::typed_response_promise<file_outcome> reply;
};
using simulated_worker_pointer = codec_worker_actor::stateful_pointer<simulated_worker_state>;

codec_worker_actor::behavior_type simulated_worker(simulated_worker_pointer self, outside* with);

webhook_courier_actor::behavior_type simulated_courier(webhook_courier_actor::pointer self,
                                                       outside* with);

/// What a client hears.
struct told {
  std::function<void(const submission&, const failure&)> of_submission;
  std::function<void(job_id, const failure&)> of_cancel;
  std::function<void(job_id, const failure&)> of_erasure;
};

caf::behavior simulated_client(caf::event_based_actor* self, supervisor_actor boss, told ears);

} // namespace convertd
