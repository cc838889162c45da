// Hands files to workers: a pull pool. The queue is here, never in a worker's mailbox.
//
//   queued ──a worker is idle──► probing ──header──► granted ──► converting ──► answered
//                                 ▲  │                 ▲
//                                 │  ├─no memory left──► held (the worker keeps the file open)
//                                 └──└─large, as enough at work are──► set aside
//
// A small picture is granted what it needs before anybody has looked, if there is memory and nobody
// waits for it. Then it counts as converting from the start, and goes from there to answered.
#pragma once

#include "actors/fatal.hpp"
#include "actors/observer.hpp"
#include "actors/protocols.hpp"
#include "job/lanes.hpp"
#include "storage/fd.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <vector>

namespace convertd {

/// Credit of one turn between accounts: bytes of source …
inline constexpr std::uint64_t turn_bytes = 1 * mib;
/// … and of files that were set aside, whose headers were read: pixels.
inline constexpr std::uint64_t turn_pixels = 16'000'000;

/// Workers beyond codec_pool_options::workers. They work only while something large does, so that
/// what is small never waits for what takes seconds; and for a newcomer, so that one file never
/// waits for those of somebody's batch. The operating system shares out the processors then.
inline constexpr std::size_t spare_workers = 1;

struct codec_pool_options {
  std::size_t workers = 1;        ///< Files at a time; large ones never take more.
  std::uint64_t memory_total = 0; ///< Sum of codec_working_set() over what is converted at a time.
  image_limits limits;
  std::function<codec_worker_actor()> make_worker;
  fatal_function fatal;
  observer* watching = &observer::nobody();
};

/// A file that was interrupted this often is a suspect: it may be what takes the server or the
/// machine down, so it is converted alone, and costs no other file its tries.
inline constexpr std::uint8_t suspect_after = 3;

struct codec_pool_state {
  using pointer = codec_pool_actor::stateful_pointer<codec_pool_state>;
  using promise = caf::typed_response_promise<file_outcome>;

  explicit codec_pool_state(pointer ptr) : self{ptr}, queue{turn_bytes}, large{turn_pixels} {}

  static inline const char* name = "codec-pool";

  struct queued_file {
    file_task_ptr task;
    promise reply;
    caf::actor_addr runner; ///< Told when a worker takes the file up.
    bool large = false;     ///< As its header said, once it was read.
    std::chrono::steady_clock::time_point since = std::chrono::steady_clock::now();
  };

  using time_point = std::chrono::steady_clock::time_point;
  static constexpr auto never = time_point::max();

  /// One worker and what it does.
  struct slot {
    codec_worker_actor worker;
    /// Whose files its process has seen. Nothing: it has a fresh one, or soon will.
    std::optional<account_id> account;
    time_point died{}; ///< When it last lost a process.
    bool busy = false;
    bool spare = false;     ///< Busy with a newcomer, beyond the workers.
    bool forgotten = false; ///< Its job was cancelled.
    queued_file file;
    image_header header;
    std::uint64_t wanted = 0; ///< Address space: by the header, or what a small picture needs.
    std::uint64_t memory = 0; ///< Of memory_used.
    codec_state state = codec_state::idle;
    process_ptr process;        ///< That it looks at files with.
    time_point overdue = never; ///< When a worker that was asked and has not answered hangs.
    time_point taken_up{};
    time_point known{};   ///< Its header was read.
    time_point granted{}; ///< It was given memory.
  };

  pointer self;
  codec_pool_options options;
  lanes<queued_file> queue; ///< Nobody has looked at these yet.
  lanes<queued_file> large; ///< Set aside.
  bool large_is_due = false;
  std::vector<slot> slots;
  bool draining = false;
  bool looking = false;          ///< For workers that hang: a tick is on its way.
  std::deque<std::size_t> held;  ///< Slots that wait for memory.
  std::uint32_t held_passed = 0; ///< By what may pass, since one of them got memory.
  std::uint64_t memory_used = 0;

  caf::result<file_outcome> accept(file_task_ptr task);
  void forget(job_id job);                                             // codec_pool_workers.cpp
  void on_process(const caf::actor_addr& worker, process_ptr process); // the same
  pool_figures look() const;
  void drain();

  void drop_queued(const std::function<bool(const queued_file&)>& which,
                   const file_outcome& answer);

  // -- a file's way --

  void dispatch();
  void start(queued_file file, bool spare);
  lanes<queued_file>* due();
  bool may_start(const queued_file& next) const;
  std::optional<queued_file> newcomer();
  bool is_at_work(const file_task& what) const;
  bool suspect_at_work() const;
  bool suspect_is_due();
  std::size_t at_work() const;
  std::size_t spare_at_work() const;
  std::size_t large_at_work() const;
  bool set_aside(std::size_t at);
  std::size_t idle_slot(account_id of) const;
  template <class Answer, class Then, class... Words>
  void ask_worker(std::size_t at, std::chrono::milliseconds time, Then then, Words... words);
  void probe(std::size_t at);
  void give_back_memory(std::size_t at);
  void on_header(std::size_t at, const probe_outcome& outcome);
  bool may_pass_held(std::size_t at) const;
  void grant(std::size_t at);
  void hold(std::size_t at);
  void grant_held();
  bool take_memory(std::size_t at);
  void convert(std::size_t at);
  void finish(std::size_t at, file_outcome outcome);
  void tell(const slot& of, const file_outcome& how) const;

  // -- workers that hang or fail, codec_pool_workers.cpp --

  void expect_answer(std::size_t at, std::chrono::milliseconds time);
  void replace_overdue();
  void replace_worker(std::size_t at);
  void stop(const caf::error& reason);
};

codec_pool_actor::behavior_type codec_pool(codec_pool_state::pointer self,
                                           codec_pool_options options);

} // namespace convertd
