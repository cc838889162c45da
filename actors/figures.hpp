// How the server is doing, in numbers: for GET /api/server/stats.
#pragma once

#include "job/ids.hpp"

#include <chrono>
#include <cstdint>
#include <string_view>
#include <vector>

namespace convertd {

enum class codec_state : std::uint8_t {
  idle,
  probing, ///< Reads a header.
  waiting, ///< For memory.
  converting,
};

std::string_view name_of(codec_state x);

struct codec_figures {
  codec_state state = codec_state::idle;
  account_id account = 0; ///< Whose file it has, or had last; 0 = none.
};

/// Of the codec pool.
struct pool_figures {
  std::vector<codec_figures> codecs;
  std::uint64_t files_waiting = 0;
  std::uint64_t memory_used = 0; ///< Granted, bytes.
  std::uint64_t memory_total = 0;
};

struct server_figures {
  std::uint64_t queue_files = 0; ///< Of all jobs that are not final.
  std::uint64_t queue_bytes = 0; ///< Their sources.
  std::uint64_t queue_files_max = 0;
  std::uint64_t files_per_hour = 0;       ///< How fast they end, lately; 0 = not known yet.
  std::chrono::milliseconds oldest_age{}; ///< Of the job that was accepted first and goes on.
  std::uint64_t jobs_pending = 0;
  std::uint64_t jobs_processing = 0;
  bool draining = false;
  pool_figures pool;
  std::uint64_t disk_bytes = 0; ///< Of the data directory's file system …
  std::uint64_t disk_free = 0;  ///< … and what an unprivileged process may still use of it.
};

} // namespace convertd
