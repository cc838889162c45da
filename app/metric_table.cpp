#include "app/metric_table.hpp"

#include <array>

namespace convertd {

namespace {

using enum metric_kind;
using m = metric;

// clang-format off
constexpr std::array rows{
  metric_row{m::build_info, gauge, "convertd_build_info", "version", "1; the label says which version runs."},
  metric_row{m::ready, gauge, "convertd_ready", "", "1 while /readyz says that work is taken, else 0."},

  metric_row{m::http_requests, counter, "convertd_http_requests_total", "route method code",
    "Requests that were answered, by route and class of status; route and code are none where there was neither."},
  metric_row{m::http_seconds, histogram, "convertd_http_request_duration_seconds", "route",
    "From the last byte of a request's head to the last of its answer; waiting and uploading count."},
  metric_row{m::http_sent_bytes, counter, "convertd_http_sent_bytes_total", "", "Bytes of all answers."},

  metric_row{m::jobs, gauge, "convertd_jobs", "state",
    "Jobs that are not final: processing where files of theirs are converted or queue for that, pending where they "
    "wait for their account's turn."},
  metric_row{m::jobs_accepted, counter, "convertd_jobs_accepted_total", "", "Jobs that became durable."},
  metric_row{m::jobs_ended, counter, "convertd_jobs_ended_total", "outcome",
    "Jobs that became final: completed, failed or cancelled."},
  metric_row{m::files_accepted, counter, "convertd_files_accepted_total", "", "Files of accepted jobs."},
  metric_row{m::files_ended, counter, "convertd_files_ended_total", "outcome error",
    "Files of jobs that ended, completed or failed, and the code of the error, or none."},
  metric_row{m::file_attempts, counter, "convertd_file_attempts_total", "lane target outcome",
    "Attempts at files of jobs (lane job) and synchronous requests (lane sync): converted, refused, died, "
    "interrupted, postponed or cancelled."},
  metric_row{m::source_bytes, counter, "convertd_source_bytes_total", "", "Bytes of files that were converted."},
  metric_row{m::output_bytes, counter, "convertd_output_bytes_total", "", "Bytes of what came of them."},

  metric_row{m::queue_files, gauge, "convertd_queue_files", "", "Files of all jobs that are not final."},
  metric_row{m::queue_files_max, gauge, "convertd_queue_files_max", "", "Above it jobs are refused: queue_files_max."},
  metric_row{m::queue_bytes, gauge, "convertd_queue_bytes", "", "Sources of the jobs that are not final."},
  metric_row{m::queue_oldest, gauge, "convertd_queue_oldest_seconds", "",
    "Age of the oldest job that is not final; 0 if there is none."},
  metric_row{m::pool_waiting, gauge, "convertd_pool_files_waiting", "", "Files in front of the codec workers."},
  metric_row{m::stage_seconds, histogram, "convertd_stage_duration_seconds", "stage",
    "Of files: wait (for a worker), header, memory (waiting for it), decode, transform, encode, compress (as a whole), "
    "store (the output is checked and kept). Of commits: sync."},

  metric_row{m::codec_processes, gauge, "convertd_codec_processes", "state",
    "Codec workers by what they do: idle, probing, waiting (for memory), converting."},
  metric_row{m::codec_starts, counter, "convertd_codec_starts_total", "", "Codec processes that were started."},
  metric_row{m::codec_deaths, counter, "convertd_codec_deaths_total", "reason",
    "Codec processes that died at a file, by the error it counts as."},
  metric_row{m::codec_memory, gauge, "convertd_codec_memory_bytes", "", "Memory that is granted to conversions."},
  metric_row{m::codec_memory_max, gauge, "convertd_codec_memory_max_bytes", "", "What may be granted at a time."},
  metric_row{m::zygote_up, gauge, "convertd_zygote_up", "", "1 while codec processes can be started, else 0."},

  metric_row{m::self_checks, counter, "convertd_self_checks_total", "outcome",
    "Pictures of the watchdog's self-check, which run under a service manager only; the outcomes are those of attempts."},

  metric_row{m::commit_requests, counter, "convertd_commit_requests_total", "",
    "Requests to the store that became durable; several share a commit. How many commits: "
    "convertd_stage_duration_seconds_count of sync."},
  metric_row{m::store_bytes, gauge, "convertd_store_bytes", "", "What the database takes on disk."},
  metric_row{m::store_bytes_max, gauge, "convertd_store_max_bytes", "", "What it may take: store.map."},
  metric_row{m::disk_bytes, gauge, "convertd_disk_bytes", "", "Size of the data folder's file system."},
  metric_row{m::disk_free, gauge, "convertd_disk_free_bytes", "", "What is left of it for the server."},

  metric_row{m::webhook_tries, counter, "convertd_webhook_tries_total", "outcome",
    "Tries to deliver an event: delivered, retried (it goes on), failed (it was the last)."},
  metric_row{m::webhook_seconds, histogram, "convertd_webhook_duration_seconds", "",
    "Time of one try, from its turn to its answer."},
  metric_row{m::webhook_waiting, gauge, "convertd_webhook_deliveries_waiting", "", "Deliveries that have not ended."},

  metric_row{m::recovery_seconds, gauge, "convertd_recovery_seconds", "", "What recovery took at this start."},
  metric_row{m::recovery_jobs, gauge, "convertd_recovery_jobs", "", "Jobs that it found to go on with."},
  metric_row{m::recovery_interrupted, gauge, "convertd_recovery_interrupted_files", "",
    "Files that were at a codec when the server ended the last time."},
  metric_row{m::recovery_abandoned, gauge, "convertd_recovery_abandoned_uploads", "",
    "Uploads that never became jobs."},

  metric_row{m::process_cpu, counter, "process_cpu_seconds_total", "", "Processor time of the server, without codec processes."},
  metric_row{m::process_memory, gauge, "process_resident_memory_bytes", "", "Resident memory of the server; pages of the store count."},
  metric_row{m::process_fds, gauge, "process_open_fds", "", "Open descriptors."},
  metric_row{m::process_fds_max, gauge, "process_max_fds", "", "How many may be open."},
  metric_row{m::process_start, gauge, "process_start_time_seconds", "", "When the server was started, since 1970."},
};
// clang-format on

constexpr bool in_order() {
  for (std::size_t i = 0; i < rows.size(); ++i)
    if (rows[i].id != static_cast<metric>(i))
      return false;
  return true;
}
static_assert(in_order() && rows.size() == static_cast<std::size_t>(m::process_start) + 1);

std::string_view name_of(metric_kind x) {
  switch (x) {
    case counter: return "counter";
    case gauge: return "gauge";
    case histogram: return "histogram";
  }
  return "";
}

constexpr auto docs_head = R"(# Metrics

<!-- Made by `convertd docs metrics`. Change app/metric_table.cpp, not this page. -->

`convertd serve --metrics-listen 127.0.0.1:9465`, or the same in the file, answers `GET /metrics` on a listener
of its own, in the text format of Prometheus and without a key: let it listen where only Prometheus reaches
it. Labels never hold ids, names or keys. Histograms are in seconds. The listener adds figures of its own
scrapes, which begin with `exposer_`.

[packaging/prometheus](../packaging/prometheus) has a scrape configuration, alert rules and a dashboard for Grafana.

| metric | kind | labels | meaning |
|---|---|---|---|
)";

} // namespace

std::span<const metric_row> metric_table() {
  return rows;
}

std::string render_metric_docs() {
  std::string out = docs_head;
  for (const auto& x : rows) {
    out += "| `" + std::string{x.name} + "` | " + std::string{name_of(x.kind)} + " | ";
    out += (x.labels.empty() ? "–" : std::string{x.labels}) + " | " + std::string{x.help} + " |\n";
  }
  return out;
}

} // namespace convertd
