// GET /api/server/stats: figures for a page about the server; for keys with the scope admin.
#include "http/auth.hpp"
#include "http/handlers.hpp"
#include "http/json.hpp"
#include "http/request_counters.hpp"
#include "http/request_refused.hpp"

#include <chrono>
#include <cstdint>
#include <fstream>
#include <string>

namespace convertd {

namespace {

/// Memory that the server keeps: its own and what it shares; not pages of files.
std::uint64_t memory_kept() {
  std::ifstream status{"/proc/self/status"};
  std::uint64_t sum = 0;
  for (std::string name; status >> name;) {
    std::uint64_t kibibytes = 0;
    if ((name == "RssAnon:" || name == "RssShmem:") && status >> kibibytes)
      sum += kibibytes * 1024;
  }
  return sum;
}

void write_queue(json_writer& out, const server_figures& x) {
  out.key("queue").begin_object().field("files", x.queue_files).field("bytes", x.queue_bytes);
  out.field("filesMax", x.queue_files_max).field("filesPerHour", x.files_per_hour).end_object();
  out.key("jobs").begin_object().field("pending", x.jobs_pending);
  out.field("processing", x.jobs_processing).end_object();
}

void write_codecs(json_writer& out, const pool_figures& x) {
  out.key("codecs").begin_object().key("processes").begin_array();
  for (const auto& each : x.codecs)
    out.begin_object().field("state", name_of(each.state)).end_object();
  out.end_array().field("filesWaiting", x.files_waiting);
  out.field("memoryUsed", x.memory_used).field("memoryTotal", x.memory_total).end_object();
}

void write_requests(json_writer& out, const request_counters& x) {
  out.key("requests").begin_object();
  std::uint64_t total = 0;
  for (std::size_t hundred = 2; hundred <= 5; ++hundred) {
    total += x.answers(hundred);
    out.field(std::to_string(hundred) + "xx", x.answers(hundred));
  }
  out.field("total", total).field("bytesSent", x.bytes_sent()).end_object();
}

} // namespace

void get_server_stats(exchange& x, const services& with) {
  using namespace std::chrono;
  authenticate_admin(x, read_view{with.records});
  auto figures = with.actors.figures();
  if (!figures)
    throw request_refused{ec::internal};
  auto up = duration_cast<seconds>(steady_clock::now() - with.started).count();
  json_writer out;
  out.begin_object().field("version", with.options.version);
  out.field("uptimeSeconds", static_cast<std::uint64_t>(up)).field("draining", figures->draining);
  write_queue(out, *figures);
  write_codecs(out, figures->pool);
  out.field("memoryBytes", memory_kept()).field("storeBytes", with.records.bytes_used());
  out.key("disk").begin_object().field("bytes", figures->disk_bytes);
  out.field("free", figures->disk_free).end_object();
  write_requests(out, with.counters);
  x.reply().json(200, out.end_object().take());
}

} // namespace convertd
