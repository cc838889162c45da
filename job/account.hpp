// Accounts, keys and plans: who may do how much.
#pragma once

#include "job/ids.hpp"
#include "job/limits.hpp"
#include "job/time.hpp"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace convertd {

/// A row of the plan table (api.md section 7; data of the configuration). 0 means no limit.
struct plan {
  std::string name = "unlimited";
  std::uint64_t files_per_batch_max = 0;
  std::uint64_t file_bytes_max = 0;
  std::uint64_t storage_bytes_max = 0;
  std::uint64_t jobs_in_flight = 0;
  std::uint64_t requests_per_minute = 0;
  std::uint64_t requests_per_month = 0;
};

struct account_record {
  account_id id = 0;
  std::string name; ///< Unique in the store; what the command line calls it by.
  std::string plan = "unlimited";
  timestamp created{};
};

/// What an account has in the store, kept up to date in the transaction of each change.
struct account_totals {
  std::array<std::uint64_t, 5> jobs{}; ///< By job_state; [0], `uploading`, is never counted.
  std::uint64_t source_bytes = 0;
  std::uint64_t output_bytes = 0;
  std::uint64_t saved_bytes = 0;  ///< Of files that a request saved.
  std::uint64_t stored_files = 0; ///< Saved files and outputs, as they are listed.

  /// What storage limits count.
  std::uint64_t storage_bytes() const {
    return source_bytes + output_bytes + saved_bytes;
  }

  friend bool operator==(const account_totals&, const account_totals&) = default;
};

/// SHA-256 of a key's text; the text itself is shown once and never kept.
using key_hash = std::array<std::uint8_t, 32>;

struct key_record {
  key_hash hash{};
  account_id account = 0;
  std::string label;
  std::string hint; ///< The key's first characters, to tell keys apart in a list.
  bool admin = false;
  timestamp created{};
};

} // namespace convertd
