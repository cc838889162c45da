// Drives one job: sends its files to the pool, records what comes back, ends with the job.
#pragma once

#include "actors/protocols.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>

namespace convertd {

/// A file whose decoder died is tried again only after this. What kills decoders costs much (a
/// process, and often all the memory it may have), so trying at once would take it from everybody
/// else.
inline constexpr milliseconds rest_after_death{500};

struct job_runner_options {
  milliseconds retention{}; ///< From the end of a job to the erasure of its bytes; 0 = never.
  std::size_t files_in_flight = files_in_flight_max;
  job_priority priority = job_priority::normal; ///< Of the job.
  milliseconds retry_after{1'000};              ///< When the disk or the store had no room.
  milliseconds rest_after_death = convertd::rest_after_death;
  std::function<timestamp()> now = wall_clock;
};

/// File records that a runner reads, or is given, at a time.
inline constexpr std::uint32_t files_at_hand_max = 64;

/// A job that has just been made, as it is in the store: its runner need not read it.
struct fresh_job {
  job_record job;
  file_list files; ///< The first ones.
};

struct job_runner_state {
  using pointer = job_runner_actor::stateful_pointer<job_runner_state>;
  using promise = caf::typed_response_promise<job_reply>;

  explicit job_runner_state(pointer ptr) : self{ptr} {}

  static inline const char* name = "job-runner";

  pointer self;
  snapshotter_actor snapshots;
  codec_pool_actor codecs;
  job_runner_options options;

  job_record job;
  std::deque<file_record> ready;   ///< Loaded or come back, not at a codec.
  std::deque<file_record> resting; ///< Their decoder died; each is ready once its rest is over.
  std::uint32_t next_index = 0;    ///< Of the first file that was not loaded yet.
  bool loaded = false;             ///< `job` is set.
  bool loading = false;
  std::map<std::uint32_t, file_record> at_pool; ///< Sent to the pool, not ended.
  std::size_t in_flight = 0;                    ///< At the pool, or being saved.
  std::shared_ptr<job_update> saving;  ///< On its way to the store; one at a time, so in order.
  std::shared_ptr<job_update> unsaved; ///< What happened meanwhile, for the next save.
  bool save_failed = false;            ///< `saving` has to be sent again.
  bool no_room = false;                ///< The disk was full: nothing is started until resume().
  bool draining = false;
  std::optional<promise> cancelling;
  bool forced = false; ///< Also if a file has been begun.

  void load(job_id id);
  void take(fresh_job made);
  void begin(const job_reply& found);
  void pump();
  void load_more();
  void convert(file_record file);
  void on_started(std::uint32_t index);
  void start_job();
  void on_outcome(std::uint32_t index, const file_outcome& outcome);
  void wait_for_room(file_record file);
  void rest(file_record file);
  void end_rest();
  void resume();
  std::shared_ptr<job_update> next_update();
  void save();
  void send_save();
  void on_saved(const failure& why);
  void after_save(const job_update& saved);
  caf::result<job_reply> cancel(bool force);
  void finish_cancel();
  void give_up();
  void drain();
  void quit_if_done();
};

/// Without `made` it reads the job from the store.
job_runner_actor::behavior_type
job_runner(job_runner_state::pointer self, job_id id, std::optional<fresh_job> made,
           snapshotter_actor snapshots, codec_pool_actor codecs, const job_runner_options& options);

} // namespace convertd
