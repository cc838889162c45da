#include "tests/simulation/world.hpp"

#include "job/limits.hpp"

#include <caf/send.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <algorithm>

namespace convertd {

namespace {

using namespace std::chrono_literals;

constexpr milliseconds retention = 1h;
constexpr std::uint64_t map_bytes = 16 * mib; ///< A large one keeps a large reserve.
constexpr milliseconds unsettled_max = 10s;
/// Two workers, and memory for one large picture and a small one.
constexpr std::uint64_t pixels_at_a_time = 25'500'000;

template <class State, class Handle>
auto& state_of(const Handle& x) {
  using actor_type = std::remove_pointer_t<typename State::pointer>;
  return dynamic_cast<actor_type&>(*caf::actor_cast<caf::abstract_actor*>(x)).state;
}

} // namespace

stage::config::config() {
  add_message_types<caf::id_block::convertd>();
  set("scheduler.policy", caf::atom("testing"));
  set("logger.verbosity", caf::atom("quiet"));
}

stage::stage(const job_files& spool, const std::filesystem::path& store_folder)
  : files{spool}, records{store_folder, {.map_bytes = map_bytes, .sync = false}} {}

world::world(stage& on, chance& random, std::function<void(const std::string&)> violation,
             told ears)
  : on_{&on},
    random_{&random},
    ears_{std::move(ears)},
    now_{wall_clock() + 1s}, // the store's events have the time of the wall
    outside_{random, on.records, on.files, violation, [this] { return now_; }},
    violation_{std::move(violation)} {}

world::~world() {
  crash();
}

void world::start() {
  outside_.deaths.clear();
  outside_.excused.clear();
  outside_.at_work.clear();
  auto recovered = recover(on_->records, on_->files, now_, retention);
  if (recover(on_->records, on_->files, now_, retention).interrupted > 0)
    violation_("a second recovery found what the first had left");
  gauge_ = std::make_shared<queue_gauge>();
  start_snapshotter();
  start_codecs();
  start_supervisor();
  start_sender();
  client_ = on_->system.spawn(simulated_client, boss_, ears_);
  for (const auto& job : recovered.jobs)
    caf::anon_send(boss_, atom::resume_v, job);
}

void world::start_snapshotter() {
  snapshotter_options options;
  options.outbox_touched = [this] {
    if (sender_)
      caf::anon_send(sender_, atom::wake_v);
  };
  options.fatal = violation_;
  options.patience = random_->one_in(2) ? commit_patience : 0ms;
  if (random_->one_in(2)) {
    options.spacing_of_request = commit_spacing_of_request;
    options.spacing_max = commit_spacing_max;
  }
  snapshots_ = on_->system.spawn(snapshotter, &on_->records, &on_->files, options);
}

void world::start_codecs() {
  codec_pool_options options;
  options.workers = 2;
  options.memory_total =
    codec_working_set(codec_memory(pixels_at_a_time)) + codec_working_set(codec_memory(0));
  options.fatal = violation_;
  options.make_worker = [this] { return on_->system.spawn(simulated_worker, &outside_); };
  codecs_ = on_->system.spawn(codec_pool, options);
}

void world::start_supervisor() {
  auto time = [this] { return now_; };
  pruner_options pruning;
  pruning.now = time;
  pruning.fatal = violation_;
  pruning_ = on_->system.spawn(pruner, snapshots_, &on_->records, &on_->files, pruning);
  supervisor_options options;
  options.runner.retention = retention;
  options.runner.now = time;
  options.runner.files_in_flight = 3;
  options.log = [](const std::string&) {};
  options.fatal = violation_;
  boss_ = on_->system.spawn(supervisor, snapshots_, codecs_, pruning_, gauge_, options);
}

void world::start_sender() {
  webhook_sender_options options;
  options.now = [this] { return now_; };
  options.age_max = 24h * 365;
  options.make_courier = [this] { return on_->system.spawn(simulated_courier, &outside_); };
  options.fatal = violation_;
  sender_ = on_->system.spawn(webhook_sender, snapshots_, &on_->records, options);
  caf::anon_send(sender_, atom::wake_v);
}

void world::crash() {
  if (!boss_)
    return;
  state_of<snapshotter_state>(snapshots_).broken = true; // not one commit more
  on_->sched.clock().cancel_all();
  caf::anon_send_exit(client_, caf::exit_reason::user_shutdown);
  caf::anon_send_exit(sender_, caf::exit_reason::user_shutdown);
  caf::anon_send_exit(boss_, caf::exit_reason::user_shutdown);
  caf::anon_send_exit(pruning_, caf::exit_reason::user_shutdown);
  caf::anon_send_exit(codecs_, caf::exit_reason::user_shutdown);
  caf::anon_send_exit(snapshots_, caf::exit_reason::user_shutdown);
  settle();
  on_->sched.clock().cancel_all();
  client_ = nullptr;
  sender_ = nullptr;
  boss_ = nullptr;
  pruning_ = nullptr;
  codecs_ = nullptr;
  snapshots_ = nullptr;
}

/// Any of those that have a message; what one actor gets from another stays in order.
bool world::step() {
  auto& jobs = on_->sched.jobs;
  if (jobs.empty())
    return false;
  auto chosen = jobs.begin() + random_->below(static_cast<std::uint32_t>(jobs.size()));
  std::rotate(jobs.begin(), chosen, chosen + 1);
  on_->sched.run_once();
  return true;
}

void world::settle() {
  while (on_->sched.has_job())
    on_->sched.run_once();
}

/// No worker is kept waiting so long that the pool would give it up.
void world::advance(milliseconds by) {
  unsettled_ += by;
  if (unsettled_ > unsettled_max) {
    while (step())
      ;
    unsettled_ = {};
  }
  now_ += by;
  on_->sched.advance_time(by);
}

std::vector<std::pair<job_id, job_runner_actor>> world::runners() const {
  std::vector<std::pair<job_id, job_runner_actor>> result;
  for (const auto& [id, x] : state_of<supervisor_state>(boss_).running)
    result.emplace_back(id, x.runner);
  std::sort(result.begin(), result.end(),
            [](const auto& a, const auto& b) { return a.first < b.first; });
  return result;
}

bool world::no_file_taken_up() const {
  return state_of<codec_pool_state>(codecs_).at_work() == 0;
}

bool world::idle() const {
  return gauge_->files == 0;
}

} // namespace convertd
