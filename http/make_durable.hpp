// The last steps of a new job, whichever route makes it: its sources, then the records that name
// them.
#pragma once

#include "actors/commands.hpp"
#include "http/idempotency.hpp"
#include "http/request_meter.hpp"
#include "http/services.hpp"
#include "job/limits.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>

namespace convertd {

/// The actors have so long to say how a new job fared; then the answer is `internal`.
inline constexpr std::chrono::seconds durable_within{60};

/// Of sources that are in memory until their job is durable, all requests together: a few commits.
/// Above it a request holds its thread, and so the uploads after it.
inline constexpr std::uint64_t unsettled_bytes_max = 8 * mib;

/// How a new job fared: told by an actor, looked at by the request that made it. Thread-safe. Holds
/// what nobody else may have until that is known.
class job_receipt {
public:
  /// `bytes` of its sources are in memory.
  job_receipt(std::uint64_t bytes, quota_claim claim, std::optional<idempotent_request> key)
    : bytes_{bytes}, claim_{std::move(claim)}, key_{std::move(key)} {
    unsettled_bytes += bytes_;
  }
  ~job_receipt() {
    unsettled_bytes -= bytes_;
  }
  job_receipt(const job_receipt&) = delete;
  job_receipt& operator=(const job_receipt&) = delete;

  /// Once. None: the job is durable.
  void settle(const failure& why);

  /// Nothing while nobody knows.
  std::optional<failure> look() const;

  /// Blocks until it is known; `internal` if it is not by then.
  failure wait(std::chrono::steady_clock::time_point until) const;

  /// Of all receipts that are not settled.
  static inline std::atomic<std::uint64_t> unsettled_bytes = 0;

private:
  std::uint64_t bytes_;
  quota_claim claim_; ///< Spent if the job was made, or may have been.
  std::optional<idempotent_request> key_;
  mutable std::mutex mutex_;
  mutable std::condition_variable settled_;
  std::optional<failure> why_;
};

/// Makes the sources durable and hands the job to the actors, which tell the receipt; the bell
/// rings with its id. Throws request_refused, or std::system_error of the disk; a refused job
/// leaves nothing behind.
std::shared_ptr<const job_receipt> make_durable(submission what, const services& with,
                                                quota_claim claim = {},
                                                std::optional<idempotent_request> key = {});

} // namespace convertd
