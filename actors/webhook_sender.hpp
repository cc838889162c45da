// Sends what waits in the outbox: in order within a strand, in turns between targets, again and
// again until it is accepted or too old. Detached, since it reads the store.
//
//   waits in the store ──due, and its target and account have room──► at a courier ──► saved
//          ▲                                                                            │
//          └──────────────────── refused: later ────────────────────────────────────────┘
//
// It keeps nothing that the store does not have: after a restart it goes on from there, and what
// was at a courier is sent once more.
#pragma once

#include "actors/fatal.hpp"
#include "actors/observer.hpp"
#include "actors/protocols.hpp"
#include "storage/store.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

namespace convertd {

struct webhook_sender_options {
  milliseconds age_max{std::chrono::hours{24}};      ///< Of a delivery; then it has failed.
  milliseconds history{std::chrono::hours{24 * 30}}; ///< How long settled ones are kept.
  std::uint64_t history_max = 100'000;               ///< And how many of an account.
  std::size_t couriers = 32;                         ///< Deliveries on their way at a time …
  std::uint32_t of_account = 8;                      ///< … of one account …
  std::uint32_t of_target = 4;    ///< … and to one target, so that a slow one slows no other.
  milliseconds save_again{5'000}; ///< When the disk or the store had no room.
  std::function<webhook_courier_actor()> make_courier;
  std::function<timestamp()> now = wall_clock;
  fatal_function fatal;
  observer* watching = &observer::nobody();
};

struct webhook_sender_state {
  using pointer = webhook_sender_actor::stateful_pointer<webhook_sender_state>;
  using strand_id = std::pair<target_id, job_id>;

  explicit webhook_sender_state(pointer ptr) : self{ptr} {}

  static inline const char* name = "webhook-sender";

  /// What is at a courier, or about to be saved.
  struct errand {
    delivery_record delivery;
    strand_id from;
    std::chrono::steady_clock::time_point sent = std::chrono::steady_clock::now();
  };

  pointer self;
  snapshotter_actor snapshots;
  const store* in = nullptr;
  webhook_sender_options options;

  std::vector<webhook_courier_actor> couriers; ///< All of them; made when they are needed.
  std::vector<webhook_courier_actor> idle;
  std::size_t at_work = 0;
  std::set<strand_id> busy;
  std::multiset<target_id> of_target; ///< Of the strands that are busy.
  std::multiset<account_id> of_account;
  std::set<target_id> failing;    ///< Their receiver is gone; what waits for them is being failed.
  std::set<strand_id> unreadable; ///< Left alone: a record of theirs is damaged.
  std::optional<timestamp> wakes_at; ///< Of the timer that is set.

  void pump();
  void take_up(const read_view& view, const strand& x);
  std::optional<posting> address(const read_view& view, const delivery_record& x) const;
  posting traced(const read_view& view, posting x) const;
  void claim(const errand& what);
  void release(const errand& what);
  webhook_courier_actor next_courier();
  void send(const errand& what, posting to);
  void on_attempt(const errand& what, const attempt& how);
  void save(const errand& what, const attempt& how, timestamp when);
  void fail_target(target_id target);
  void wake_at(timestamp when);
  void on_tick();
  void prune();
  void write(std::function<void(write_batch&)> what, std::function<void(const failure&)> then);
  void stop(const caf::error& reason);
};

/// Does nothing before the first `wake` and `prune`.
webhook_sender_actor::behavior_type webhook_sender(webhook_sender_state::pointer self,
                                                   snapshotter_actor snapshots, const store* in,
                                                   webhook_sender_options options);

} // namespace convertd
