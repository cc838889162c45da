#include "actors/engine.hpp"

#include "actors/codec_pool.hpp"
#include "actors/process_watch.hpp"
#include "actors/supervisor.hpp"

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/exit_reason.hpp>
#include <caf/scoped_actor.hpp>

#include <atomic>

namespace convertd {

namespace {

using namespace std::chrono_literals;

/// For administrative writes: as long as a commit on a busy disk may take.
constexpr auto write_within = 60s;

struct system_config : caf::actor_system_config {
  system_config() {
    add_message_types<caf::id_block::convertd>();
    // Few messages, and what takes time is in detached actors: `sharing` wakes up sooner and idles
    // at a fiftieth of what `stealing` costs. One thread: a message from one of the others to the
    // next then wakes nobody, and the store's writer is busy long before it is.
    set("scheduler.policy", caf::atom("sharing"));
    set("scheduler.max-threads", std::size_t{1});
  }
};

} // namespace

struct engine::impl {
  std::atomic<bool> stopping = false; ///< Above `system`, which waits for the couriers.
  process_watch deaths;               ///< Here, too: workers use it until they end.
  system_config config;
  caf::actor_system system{config};
  std::shared_ptr<queue_gauge> gauge = std::make_shared<queue_gauge>();
  snapshotter_actor snapshots;
  codec_pool_actor codecs;
  supervisor_actor boss;
  pruner_actor pruning;
  webhook_sender_actor sender;
  std::unique_ptr<gateway> gate;
};

engine::engine(engine_options options, store& in, const job_files& files,
               const recovery_report& recovered)
  : impl_{std::make_unique<impl>()} {
  auto& x = *impl_;
  options.snapshotter.fatal = options.fatal;
  options.supervisor.fatal = options.fatal;
  options.pruner.fatal = options.fatal;
  options.webhooks.fatal = options.fatal;
  options.worker.watching = options.watching;
  options.worker.deaths = &x.deaths;
  options.snapshotter.watching = options.watching;
  options.webhooks.watching = options.watching;
  // Set before anybody writes what the hook is called for.
  auto sender = std::make_shared<webhook_sender_actor>();
  options.snapshotter.outbox_touched = [sender] {
    if (*sender)
      caf::anon_send(*sender, atom::wake_v);
  };
  options.snapshotter.patience = commit_patience;
  options.snapshotter.spacing_of_request = commit_spacing_of_request;
  options.snapshotter.spacing_max = commit_spacing_max;
  options.snapshotter.spacing_of_commit = commit_spacing_of_commit;
  x.snapshots = x.system.spawn<caf::detached>(snapshotter, &in, &files, options.snapshotter);
  options.courier.posting.stop = &x.stopping;
  options.webhooks.make_courier = [&system = x.system, courier = options.courier] {
    return system.spawn<caf::detached>(webhook_courier, courier);
  };
  x.sender = x.system.spawn<caf::detached>(webhook_sender, x.snapshots, &in, options.webhooks);
  *sender = x.sender;
  caf::anon_send(x.sender, atom::wake_v);
  caf::anon_send(x.sender, atom::prune_v);
  codec_pool_options pool;
  pool.workers = options.codec_processes;
  pool.memory_total = options.codec_memory_total;
  pool.limits = options.worker.limits;
  pool.fatal = options.fatal;
  pool.watching = options.watching;
  pool.make_worker = [&system = x.system, worker = options.worker] {
    return system.spawn<caf::detached>(codec_worker, worker);
  };
  x.codecs = x.system.spawn(codec_pool, std::move(pool));
  x.pruning = x.system.spawn<caf::detached>(pruner, x.snapshots, &in, &files, options.pruner);
  options.gateway.records = &in;
  options.gateway.files = &files;
  x.boss =
    x.system.spawn(supervisor, x.snapshots, x.codecs, x.pruning, x.gauge, options.supervisor);
  x.gate = std::make_unique<gateway>(x.system, x.boss, x.gauge, options.gateway);
  for (auto job : recovered.jobs) {
    job.account_jobs_max = options.jobs_max ? options.jobs_max(job.account) : 0;
    caf::anon_send(x.boss, atom::resume_v, job);
  }
}

engine::~engine() {
  auto& x = *impl_;
  x.stopping = true;
  caf::anon_send_exit(x.sender, caf::exit_reason::user_shutdown);
  // From the top down; the snapshotter last, so that whoever still saves gets an answer.
  caf::anon_send_exit(x.boss, caf::exit_reason::user_shutdown);
  caf::anon_send_exit(x.pruning, caf::exit_reason::user_shutdown);
  caf::anon_send_exit(x.codecs, caf::exit_reason::user_shutdown);
  caf::anon_send_exit(x.snapshots, caf::exit_reason::user_shutdown);
}

commands& engine::gate() {
  return *impl_->gate;
}

std::optional<failure> engine::write(std::function<void(write_batch&)> what) {
  caf::scoped_actor self{impl_->system};
  std::optional<failure> result = fail(ec::internal);
  auto shared = std::make_shared<const std::function<void(write_batch&)>>(std::move(what));
  self->request(impl_->snapshots, write_within, atom::write_v, write_function{shared})
    .receive([&](const failure& why) { result = why ? std::optional{why} : std::nullopt; },
             [](const caf::error&) {});
  return result;
}

bool engine::drain(std::chrono::milliseconds grace) {
  caf::scoped_actor self{impl_->system};
  auto done = false;
  self->request(impl_->boss, grace, atom::drain_v)
    .receive([&](bool all) { done = all; }, [](const caf::error&) {});
  return done;
}

} // namespace convertd
