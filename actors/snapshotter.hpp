// The only writer of the store: many requests, one commit.
#pragma once

#include "actors/fatal.hpp"
#include "actors/observer.hpp"
#include "actors/protocols.hpp"
#include "storage/job_files.hpp"
#include "storage/room.hpp"
#include "storage/store.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

namespace convertd {

struct snapshotter_options {
  /// Called after each commit, on this actor's thread, with the jobs that it touched.
  std::function<void(std::span<const job_change>)> committed;
  /// Called after each commit that put something into the outbox, on this actor's thread.
  std::function<void()> outbox_touched;
  /// A sync or a commit failed for another reason than space: nothing may be acknowledged any more.
  /// Must end the process; if it returns (tests), the actor answers nobody from then on.
  fatal_function fatal;
  /// How long a step in the middle of a job waits for others to share its commit.
  std::chrono::milliseconds patience{0};
  /// From the beginning of a commit to that of the next at least: so much for each request of the
  /// first that could not wait, but no more than `spacing_max`. Under load many share a commit
  /// then, which writes some thirty pages whatever it is of.
  std::chrono::milliseconds spacing_of_request{0};
  std::chrono::milliseconds spacing_max{0};
  /// And no more than so many times what the last commit took; 0 = whatever that was.
  int spacing_of_commit = 0;
  observer* watching = &observer::nobody();
};

struct snapshotter_state {
  using pointer = snapshotter_actor::stateful_pointer<snapshotter_state>;
  using promise = caf::typed_response_promise<failure>;

  explicit snapshotter_state(pointer ptr) : self{ptr} {}

  static inline const char* name = "snapshotter";

  /// One request that waits for the commit.
  struct request {
    std::variant<submission_ptr, job_update_ptr, write_function> what;
    std::optional<promise> reply; ///< Nothing for a note.
    failure why;                  ///< Of a function that refused.
  };

  /// The flush that is on its way, by its urgency.
  enum class flush_call : std::uint8_t { none, later, now };

  pointer self;
  store* in = nullptr;
  const job_files* files = nullptr;
  snapshotter_options options;
  std::vector<request> waiting;
  flush_call called = flush_call::none;
  std::chrono::steady_clock::time_point due{}; ///< The next commit, at the earliest.
  std::chrono::steady_clock::duration last_took{};
  std::optional<write_batch> batch; ///< Only during flush().
  erasing_reserve reserve;
  bool broken = false; ///< After fatal(): silent.

  template <class T>
  caf::result<failure> add(T what);
  template <class T>
  void enqueue(T what, std::optional<promise> reply);
  void call_flush(flush_call wanted);
  void send_flush();
  void end_patience();
  job_reply load(job_id id) const;
  void drop_outputs(job_id id) const;
  caf::result<file_list> load_files(job_id id, std::uint32_t from, std::uint32_t limit) const;
  void flush();
  void keep_distance();

  // -- the parts of flush() --

  void commit_group(std::vector<request> group);
  failure try_commit(std::vector<request>& group);
  void sync_folders(const std::vector<request>& group) const;
  void write(request& what, bool alone);
  bool above_storage_limit(const submission& what) const;
  void write_job(const submission& what, bool alone);
  void write_update(const job_update& what);
  void commit_if_large();
  void abandon(job_id id);
  void die(const std::string& why);
  void stop(const caf::error& reason);
  void answer(std::vector<request>& group, const failure& why);
  void settle(const std::vector<request>& group) const;
  void announce(const std::vector<request>& group) const;
  void tell(const std::vector<request>& group) const;
};

snapshotter_actor::behavior_type snapshotter(snapshotter_state::pointer self, store* in,
                                             const job_files* files, snapshotter_options options);

} // namespace convertd
