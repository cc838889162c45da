// Erases what has expired: first a job's sources and outputs, after as long again its records. Jobs
// go in groups that share their commits, for under a steady load as many expire as come in.
#pragma once

#include "actors/fatal.hpp"
#include "actors/protocols.hpp"
#include "job/time.hpp"
#include "storage/job_files.hpp"
#include "storage/store.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <functional>
#include <optional>
#include <set>
#include <vector>

namespace convertd {

struct pruner_options {
  milliseconds interval{5'000};
  std::function<timestamp()> now = wall_clock;
  fatal_function fatal;
};

struct pruner_state {
  using pointer = pruner_actor::stateful_pointer<pruner_state>;

  explicit pruner_state(pointer ptr) : self{ptr} {}

  static inline const char* name = "pruner";

  /// Jobs whose erasure shares its commits.
  struct group {
    std::vector<job_record> jobs;
    bool last = true; ///< Nothing more is due.
  };

  pointer self;
  snapshotter_actor snapshots;
  const store* in = nullptr;
  const job_files* files = nullptr;
  pruner_options options;
  std::set<job_id> unreadable; ///< Left alone: a record of theirs is damaged, or would not go.
  std::size_t one_by_one = 0;  ///< So many jobs have no company: one of a group would not go.

  void tick();
  caf::result<failure> erase(account_id account, job_id id);
  void forget_idempotency_keys();
  group next_group();
  std::optional<job_record> job_of(job_id id) const;
  void erase_group(const group& of);
  void give_up(const group& of, const failure& why);
  void remove_folders(const std::vector<job_id>& doomed, std::function<void()> then);
  void remove_refused(job_id id) const;
  void write(std::function<void(write_batch&)> what, std::function<void(const failure&)> then);
};

pruner_actor::behavior_type pruner(pruner_state::pointer self, snapshotter_actor snapshots,
                                   const store* in, const job_files* files, pruner_options options);

} // namespace convertd
