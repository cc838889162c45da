// Where synchronous requests are taken in: counts the files that clients wait for, and keeps what
// came of each request until it is fetched.
#pragma once

#include "actors/commands.hpp"
#include "actors/protocols.hpp"
#include "actors/supervisor.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <utility>

namespace convertd {

struct sync_desk_options {
  std::uint64_t files_max = 1'000; ///< Of all synchronous requests that are not answered.
  /// Called when a request has a result, by the actor that has it; must not block.
  std::function<void(job_id)> done;
};

/// Who holds how many of the places for files that clients wait for. One account never holds more
/// than half of them, so that there are some for others. Thread-safe.
class sync_places {
public:
  sync_places(std::shared_ptr<queue_gauge> gauge, std::uint64_t most)
    : gauge_{std::move(gauge)}, most_{most} {}

  static std::uint64_t of_one_account(std::uint64_t most) {
    return (most + 1) / 2;
  }
  /// False if there are not so many.
  bool take(account_id account, std::uint64_t files);
  void give_back(account_id account, std::uint64_t files);

private:
  std::shared_ptr<queue_gauge> gauge_;
  std::uint64_t most_;
  std::mutex mutex_;
  std::unordered_map<account_id, std::uint64_t> by_account_;
};

/// Thread-safe.
class sync_desk {
public:
  sync_desk(supervisor_actor supervisor, std::shared_ptr<queue_gauge> gauge,
            sync_desk_options options);

  /// `queue_full`, or nothing.
  std::optional<failure> refusal(std::uint64_t files) const;

  /// See commands::begin(). The place is counted until the ticket is dropped.
  outcome<std::unique_ptr<sync_ticket>> begin(sync_request what);

private:
  supervisor_actor supervisor_;
  std::shared_ptr<queue_gauge> gauge_;
  std::shared_ptr<const sync_desk_options> options_;
  std::shared_ptr<sync_places> places_;
};

} // namespace convertd
