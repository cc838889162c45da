// The one table of metrics: what is registered, what docs/metrics.md says, and what a test looks
// for all come from it.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace convertd {

enum class metric : std::uint8_t {
  build_info,
  ready,
  http_requests,
  http_seconds,
  http_sent_bytes,
  jobs,
  jobs_accepted,
  jobs_ended,
  files_accepted,
  files_ended,
  file_attempts,
  source_bytes,
  output_bytes,
  queue_files,
  queue_files_max,
  queue_bytes,
  queue_oldest,
  pool_waiting,
  stage_seconds,
  codec_processes,
  codec_starts,
  codec_deaths,
  codec_memory,
  codec_memory_max,
  zygote_up,
  self_checks,
  commit_requests,
  store_bytes,
  store_bytes_max,
  disk_bytes,
  disk_free,
  webhook_tries,
  webhook_seconds,
  webhook_waiting,
  recovery_seconds,
  recovery_jobs,
  recovery_interrupted,
  recovery_abandoned,
  process_cpu,
  process_memory,
  process_fds,
  process_fds_max,
  process_start,
};

enum class metric_kind : std::uint8_t { counter, gauge, histogram };

struct metric_row {
  metric id;
  metric_kind kind;
  std::string_view name;
  std::string_view labels; ///< What they are called, with spaces between them; empty = none.
  std::string_view help;
};

/// In the order of the enum.
std::span<const metric_row> metric_table();

/// The text of docs/metrics.md.
std::string render_metric_docs();

} // namespace convertd
