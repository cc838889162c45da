// Admits jobs, gives accounts turns, spawns a runner for each job that has its turn, and watches
// it.
#pragma once

#include "actors/fatal.hpp"
#include "actors/job_runner.hpp"
#include "actors/protocols.hpp"
#include "actors/request_runner.hpp"
#include "job/turns.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace convertd {

/// How full the server is, read from any thread. Written by the supervisor; sync_files by the desk.
struct queue_gauge {
  std::atomic<std::uint64_t> files{0};          ///< Of all jobs that are not final.
  std::atomic<std::uint64_t> bytes{0};          ///< Their sources.
  std::atomic<std::uint64_t> files_per_hour{0}; ///< How fast they end, lately. 0 = not known yet.
  std::atomic<bool> draining{false};
  std::atomic<std::uint64_t> sync_files{0}; ///< Of synchronous requests that are not answered.
};

struct supervisor_options {
  std::uint64_t queue_files_max = 100'000;
  std::size_t jobs_max = runners_max;                    ///< At work at a time, whosever they are.
  std::size_t jobs_per_account_max = jobs_in_flight_max; ///< Where the plan does not say.
  job_runner_options runner;
  request_runner_options request;
  std::function<void(const std::string&)> log; ///< One line for the operator.
  fatal_function fatal;
};

struct supervisor_state {
  using pointer = supervisor_actor::stateful_pointer<supervisor_state>;

  explicit supervisor_state(pointer ptr) : self{ptr}, waiting{1} {}

  static inline const char* name = "supervisor";

  /// A runner that dies without its job being final gets this many successors.
  static constexpr int restarts_max = 3;

  struct running_job {
    waiting_job job;
    job_runner_actor runner;
    int restarts = 0;
  };

  struct running_request {
    sync_order_ptr order;
    request_runner_actor runner;
  };

  pointer self;
  snapshotter_actor snapshots;
  codec_pool_actor codecs;
  pruner_actor pruning;
  std::shared_ptr<queue_gauge> gauge;
  supervisor_options options;
  turns<waiting_job> waiting;
  std::unordered_map<job_id, waiting_job> waiting_by_id;
  std::unordered_map<job_id, running_job> running;
  std::unordered_map<job_id, running_request> requests;
  std::unordered_map<caf::actor_addr, job_id> id_of; ///< Of a running job or request.
  std::unordered_map<account_id, std::size_t> running_of;
  std::unordered_map<account_id, std::uint64_t> plan_max; ///< As the account's latest job said.
  std::vector<caf::typed_response_promise<bool>> drained;
  std::map<std::pair<account_id, month_number>, std::uint64_t> uncounted; ///< Requests to write.
  bool counting = false; ///< Some are on their way to the store, or will be soon.
  std::chrono::steady_clock::time_point last_end = std::chrono::steady_clock::now();

  void submit(const submit_order_ptr& order);
  void settle(const submit_order& order, const failure& why);
  void enqueue(const waiting_job& job, const submission* made = nullptr);
  void schedule(const submission* made = nullptr);
  std::size_t jobs_max_of(account_id account) const;
  void run(const waiting_job& job, int restarts, const submission* made = nullptr);
  void on_down(const caf::down_msg& x);
  void end_request(job_id id, const caf::error& reason);
  void replace_runner(job_id id);
  void forget(const waiting_job& ended);
  void fail_for_good(const waiting_job& job);
  void note_rate(std::uint32_t files_ended);
  caf::result<job_reply> cancel(account_id account, job_id id, bool force);
  caf::result<job_reply> cancel_waiting(const waiting_job& job, bool force);
  caf::result<job_reply> cancel_running(const job_runner_actor& runner, bool force);
  void begin(const sync_order_ptr& order);
  void give_up(job_id request);
  void admit(const waiting_job& job);
  void let_go(const waiting_job& job);
  void count(account_id account, month_number month);
  void write_counts();
  caf::result<server_figures> look();
  milliseconds oldest_age() const;
  caf::result<bool> drain();
  void reply_if_drained();
  void stop(const caf::error& reason);
};

supervisor_actor::behavior_type
supervisor(supervisor_state::pointer self, snapshotter_actor snapshots, codec_pool_actor codecs,
           pruner_actor pruning, std::shared_ptr<queue_gauge> gauge, supervisor_options options);

} // namespace convertd
