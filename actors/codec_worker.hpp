// Owns one codec process: its start, its deadline, its death.
#pragma once

#include "actors/codec_files.hpp"
#include "actors/observer.hpp"
#include "actors/process_watch.hpp"
#include "actors/protocols.hpp"
#include "storage/job_files.hpp"
#include "storage/store.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>

namespace convertd {

struct codec_worker_options {
  const store* in = nullptr;
  const job_files* files = nullptr;
  int control = -1; ///< zygote_keeper::control()
  image_limits limits;
  std::uint32_t files_per_process_max = 1000; ///< Then the process is renewed.
  std::chrono::milliseconds start_time_max{5'000};
  std::chrono::milliseconds probe_time_max{5'000};
  /// One line for each decoder that died; called from the workers' threads.
  std::function<void(const std::string&)> log = [](const std::string&) {};
  observer* watching = &observer::nobody();
  process_watch* deaths = nullptr; ///< Of processes that wait for a file; null: nobody looks.
};

/// A codec process, or none, and what it has been used for.
struct held_process {
  std::optional<codec_process> process;
  process_ptr pidfd; ///< Of it.
  /// Whose files it has seen; it never sees another's. Nothing: it has seen none.
  std::optional<account_id> account;
  std::uint32_t served = 0; ///< Files.
  bool gives_way = false;   ///< It had a large file: for the rest of its life others go first.
  codec_scratch scratch;
};

struct codec_worker_state {
  using pointer = codec_worker_actor::stateful_pointer<codec_worker_state>;

  explicit codec_worker_state(pointer ptr) : self{ptr} {}

  static inline const char* name = "codec-worker";

  pointer self;
  codec_worker_options options;
  held_process in_use;                         ///< Has the next file, unless the spare fits better.
  held_process spare;                          ///< One that gives way, if in_use does not.
  codec_process::clock::time_point next_try{}; ///< To start one, where that failed.
  process_ptr told;                            ///< To whoever asks: which one looks at files.
  file_task_ptr task;                          ///< Probed, not converted yet.
  owned_fd source_file;                        ///< Of it, if it is in one.
  std::uint64_t pixels = 0;                    ///< Of that file, by its header.
  bool large = false;                          ///< See is_large(); by its header too.

  /// Outputs whose record is committed before they have a name: only by a fault hook.
  std::deque<std::pair<file_task_ptr, owned_fd>> late_bytes;

  probe_outcome probe(file_task_ptr what, bool may_go_at_once);
  void tell_process();
  file_outcome convert(std::uint64_t memory);
  void skip();
  void have_process_ready();
  void watch_process() const;
  void keep_late_bytes();

  // -- the parts --

  probe_outcome probe_source(const file_task& what, bool may_go_at_once);
  probe_outcome look_at(const file_task& what, const codec_order& order, const source_bytes& source,
                        bool at_once);
  probe_outcome convert_at_once(const file_task& what, const codec_order& order, int source);
  void note_header(const image_header& header, const conversion& what);
  std::optional<source_bytes> open_source(const file_task& what, codec_order& order) const;
  void choose_process(account_id of, bool give_way);
  void set_aside();
  bool fits(const held_process& x, account_id of) const;
  std::optional<codec_fault> ensure_process(account_id of);
  std::optional<codec_fault> start_process(codec_process::clock::time_point deadline);
  file_outcome ended_by(const codec_fault& fault, const file_task& what) const;
  bool goes_to_memory() const;
  file_outcome finish(const file_task& what, const codec_result& result, int output,
                      codec_process::clock::time_point begun);
  file_outcome lied(const file_task& what);
  file_outcome publish(const file_task& what, const codec_result& result, int output);
  owned_fd result_file(const codec_result& result, int output);
};

codec_worker_actor::behavior_type codec_worker(codec_worker_state::pointer self,
                                               const codec_worker_options& options);

} // namespace convertd
