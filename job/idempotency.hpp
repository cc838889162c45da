// Idempotency-Key (api.md section 3): a client that does not know whether its request arrived sends
// it again under the same key, and gets the job that the first one made.
#pragma once

#include "job/ids.hpp"
#include "job/time.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace convertd {

inline constexpr std::chrono::hours idempotency_kept{24}; ///< From the first request on.
inline constexpr std::size_t idempotency_key_bytes_max = 255;

/// What tells requests apart: SHA-256 over their fields and files, see http/idempotency.hpp.
using request_hash = std::array<std::uint8_t, 32>;

/// Which job a key of an account stands for. Committed together with that job.
struct idempotency_record {
  account_id account = 0;
  std::string key;
  request_hash request{};
  job_id job;
  timestamp created{};

  friend bool operator==(const idempotency_record&, const idempotency_record&) = default;
};

/// 1 to 255 printable characters of ASCII.
inline bool is_idempotency_key(std::string_view x) {
  return !x.empty() && x.size() <= idempotency_key_bytes_max
         && std::ranges::all_of(x, [](char each) { return each >= ' ' && each <= '~'; });
}

/// The key still stands for its job.
inline bool holds(const idempotency_record& x, timestamp now) {
  return now < x.created + idempotency_kept;
}

} // namespace convertd
