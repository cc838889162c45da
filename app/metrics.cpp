#include "app/metrics.hpp"

#include "app/log.hpp"
#include "app/self_check.hpp"
#include "job/image_format.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <sys/resource.h>
#include <unistd.h>

namespace convertd {

namespace {

double in_seconds(std::chrono::steady_clock::duration x) {
  return std::chrono::duration<double>{x}.count();
}

double number(std::uint64_t x) {
  return static_cast<double>(x);
}

/// What a client may call a method is no label.
std::string_view method_label(std::string_view x) {
  constexpr std::array<std::string_view, 7> known{"GET",   "HEAD",   "POST",   "PUT",
                                                  "PATCH", "DELETE", "OPTIONS"};
  return std::ranges::find(known, x) != known.end() ? x : "other";
}

std::string_view class_of(int status) {
  constexpr std::array<std::string_view, 6> names{"none", "1xx", "2xx", "3xx", "4xx", "5xx"};
  return names.at(static_cast<std::size_t>(std::clamp(status / 100, 0, 5)));
}

std::string_view or_none(std::string_view x) {
  return x.empty() ? "none" : x;
}

std::string_view target_label(image_format x) {
  return x == image_format::unknown ? "none" : facts_of(x).name;
}

} // namespace

metrics::metrics(const std::string& version) {
  using namespace std::chrono;
  registry_.set(metric::build_info, {{"version", version}}, 1);
  registry_.set(metric::process_start, {},
                duration<double>{system_clock::now().time_since_epoch()}.count());
}

void metrics::request(const request_line& x) {
  auto route = or_none(x.route);
  registry_.count(
    metric::http_requests,
    {{"route", route}, {"method", method_label(x.method)}, {"code", class_of(x.status)}});
  registry_.observe(metric::http_seconds, {{"route", route}}, number(x.micros) / 1e6);
  registry_.count(metric::http_sent_bytes, {}, number(x.bytes));
}

void metrics::recovered(const recovery_report& x, std::chrono::steady_clock::duration time) {
  registry_.set(metric::recovery_seconds, {}, in_seconds(time));
  registry_.set(metric::recovery_jobs, {}, number(x.jobs.size()));
  registry_.set(metric::recovery_interrupted, {}, number(x.interrupted));
  registry_.set(metric::recovery_abandoned, {}, number(x.abandoned));
}

void metrics::file_tried(const attempt_report& x) {
  log_file(x);
  if (x.account == self_check_account) {
    registry_.count(metric::self_checks, {{"outcome", x.outcome}});
    return;
  }
  if (x.outcome == "converted" || x.outcome == "refused" || x.outcome == "died")
    ++files_done_;
  registry_.count(metric::file_attempts, {{"lane", x.sync ? "sync" : "job"},
                                          {"target", target_label(x.target)},
                                          {"outcome", x.outcome}});
  if (x.outcome == "died")
    registry_.count(metric::codec_deaths, {{"reason", or_none(x.error)}});
  auto stage = [this](std::string_view name, std::chrono::microseconds time) {
    registry_.observe(metric::stage_seconds, {{"stage", name}}, in_seconds(time));
  };
  stage("wait", x.wait);
  stage("header", x.probe);
  if (x.outcome != "converted")
    return;
  registry_.count(metric::source_bytes, {}, number(x.bytes_in));
  registry_.count(metric::output_bytes, {}, number(x.bytes_out));
  stage("memory", x.memory);
  stage("store", x.store);
  if (x.stages.compress.count() > 0) {
    stage("compress", x.stages.compress);
  } else if (x.stages.sum().count() > 0) {
    stage("decode", x.stages.decode);
    stage("transform", x.stages.transform);
    stage("encode", x.stages.encode);
  }
}

void metrics::codec_started() {
  registry_.count(metric::codec_starts);
}

void metrics::committed(std::size_t requests, std::chrono::microseconds time) {
  registry_.observe(metric::stage_seconds, {{"stage", "sync"}}, in_seconds(time));
  registry_.count(metric::commit_requests, {}, number(requests));
}

void metrics::job_accepted(const job_record& x) {
  registry_.count(metric::jobs_accepted);
  registry_.count(metric::files_accepted, {}, number(x.files_total));
}

void metrics::job_ended(const job_record& x) {
  auto cancelled = x.error == ec::cancelled;
  registry_.count(metric::jobs_ended, {{"outcome", cancelled ? "cancelled" : name_of(x.state)}});
}

void metrics::file_ended(const file_record& x) {
  auto failed = x.progress.state == file_state::failed;
  registry_.count(metric::files_ended, {{"outcome", failed ? "failed" : "completed"},
                                        {"error", failed ? code_of(x.progress.error) : "none"}});
}

void metrics::delivery_tried(const delivery_record& after, std::chrono::microseconds time) {
  auto goes_on = after.state == delivery_state::pending;
  registry_.count(metric::webhook_tries, {{"outcome", goes_on ? "retried" : name_of(after.state)}});
  registry_.observe(metric::webhook_seconds, {}, in_seconds(time));
}

void metrics::refresh(const commands& actors, const store& records, std::uint64_t store_bytes_max) {
  std::lock_guard lock{mutex_};
  auto why_not = actors.not_ready();
  auto no_codecs = std::ranges::find(why_not, "no_codec_process") != why_not.end();
  registry_.set(metric::ready, {}, why_not.empty() ? 1 : 0);
  registry_.set(metric::zygote_up, {}, no_codecs ? 0 : 1);
  if (auto figures = actors.figures())
    refresh_server(*figures);
  registry_.set(metric::store_bytes, {}, number(records.bytes_used()));
  registry_.set(metric::store_bytes_max, {}, number(store_bytes_max));
  registry_.set(metric::webhook_waiting, {}, number(read_view{records}.deliveries_waiting()));
  refresh_process();
}

void metrics::refresh_server(const server_figures& x) {
  registry_.set(metric::jobs, {{"state", "pending"}}, number(x.jobs_pending));
  registry_.set(metric::jobs, {{"state", "processing"}}, number(x.jobs_processing));
  registry_.set(metric::queue_files, {}, number(x.queue_files));
  registry_.set(metric::queue_files_max, {}, number(x.queue_files_max));
  registry_.set(metric::queue_bytes, {}, number(x.queue_bytes));
  registry_.set(metric::queue_oldest, {}, in_seconds(x.oldest_age));
  registry_.set(metric::pool_waiting, {}, number(x.pool.files_waiting));
  for (auto state :
       {codec_state::idle, codec_state::probing, codec_state::waiting, codec_state::converting})
    registry_.set(
      metric::codec_processes, {{"state", name_of(state)}},
      static_cast<double>(std::ranges::count(x.pool.codecs, state, &codec_figures::state)));
  registry_.set(metric::codec_memory, {}, number(x.pool.memory_used));
  registry_.set(metric::codec_memory_max, {}, number(x.pool.memory_total));
  registry_.set(metric::disk_bytes, {}, number(x.disk_bytes));
  registry_.set(metric::disk_free, {}, number(x.disk_free));
}

void metrics::refresh_process() {
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  auto of = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  auto cpu = of(used.ru_utime) + of(used.ru_stime);
  registry_.count(metric::process_cpu, {}, std::max(0.0, cpu - cpu_seen_));
  cpu_seen_ = std::max(cpu, cpu_seen_);
  std::uint64_t pages = 0;
  std::ifstream{"/proc/self/statm"} >> pages >> pages;
  registry_.set(metric::process_memory, {},
                number(pages) * static_cast<double>(::sysconf(_SC_PAGESIZE)));
  std::error_code failed;
  std::filesystem::directory_iterator fds{"/proc/self/fd", failed};
  registry_.set(metric::process_fds, {},
                failed ? 0 : static_cast<double>(std::distance(begin(fds), end(fds))));
  rlimit most{};
  ::getrlimit(RLIMIT_NOFILE, &most);
  registry_.set(metric::process_fds_max, {}, number(most.rlim_cur));
}

} // namespace convertd
