// One data directory, and one life after the other of the actors that work in it; no threads, no
// real clock. Which actor runs next is chance.
#pragma once

#include "actors/codec_pool.hpp"
#include "actors/pruner.hpp"
#include "actors/recovery.hpp"
#include "actors/snapshotter.hpp"
#include "actors/supervisor.hpp"
#include "actors/webhook_sender.hpp"
#include "tests/simulation/invariants.hpp"
#include "tests/simulation/outside.hpp"

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/scheduler/test_coordinator.hpp>

#include <filesystem>
#include <memory>
#include <vector>

namespace convertd {

/// What outlasts the lives of one history's server: the store, the folders, and CAF.
struct stage {
  stage(const job_files& spool, const std::filesystem::path& store_folder);

  struct config : caf::actor_system_config {
    config();
  };

  const job_files& files;
  store records;
  config settings;
  caf::actor_system system{settings};
  caf::scheduler::test_coordinator& sched =
    dynamic_cast<caf::scheduler::test_coordinator&>(system.scheduler());
};

/// The actors of one life, and time.
class world {
public:
  world(stage& on, chance& random, std::function<void(const std::string&)> violation, told ears);
  ~world();
  world(const world&) = delete;
  world& operator=(const world&) = delete;

  void start();
  /// As SIGKILL does: what is durable stays, everything else is gone.
  void crash();

  /// One message for one actor, if there is any. True if there was.
  bool step();
  void settle(); ///< All messages; time stands still.
  void advance(milliseconds by);

  timestamp now() const {
    return now_;
  }
  const caf::actor& client() const {
    return client_;
  }
  const pruner_actor& pruning() const {
    return pruning_;
  }
  const webhook_sender_actor& sender() const {
    return sender_;
  }
  std::vector<std::pair<job_id, job_runner_actor>> runners() const;
  bool idle() const;             ///< No job is with the supervisor.
  bool no_file_taken_up() const; ///< By a worker; what waits in a queue may wait for long.
  outside& others() {
    return outside_;
  }

private:
  void start_snapshotter();
  void start_codecs();
  void start_supervisor();
  void start_sender();

  stage* on_;
  chance* random_;
  told ears_;
  timestamp now_;
  milliseconds unsettled_{}; ///< Passed since every message had been delivered.
  outside outside_;
  std::function<void(const std::string&)> violation_;
  std::shared_ptr<queue_gauge> gauge_;
  snapshotter_actor snapshots_;
  codec_pool_actor codecs_;
  pruner_actor pruning_;
  supervisor_actor boss_;
  webhook_sender_actor sender_;
  caf::actor client_;
};

} // namespace convertd
