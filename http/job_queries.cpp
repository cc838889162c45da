// Looking at jobs, waiting for them, cancelling them, erasing their files.
#include "http/auth.hpp"
#include "http/handlers.hpp"
#include "http/job_access.hpp"
#include "http/job_json.hpp"
#include "http/job_results.hpp"
#include "http/parameters.hpp"
#include "http/request_refused.hpp"

#include <cstdint>
#include <optional>
#include <utility>

namespace convertd {

namespace {

/// Whose results the event loop writes by itself, without others noticing.
constexpr std::uint32_t quick_files_max = 8;

std::optional<job_state> wanted_state(const exchange& x) {
  auto given = x.parameter("status");
  if (!given)
    return std::nullopt;
  auto state = parse_job_state(*given);
  if (!state || *state == job_state::uploading)
    throw request_refused{ec::invalid_setting,
                          "status must be pending, processing, completed or failed.", "status"};
  return state;
}

} // namespace

void get_job(exchange& x, const services& with) {
  std::optional<read_view> view{std::in_place, with.records};
  auto account = authenticate(x, *view);
  auto id = job_id_of(x);
  auto wait = wait_time(x);
  if (wait > wait.zero()) {
    x.watch_job(id, watch_for::end); // before the store is read: a change in between then rings
    view.reset();
    view.emplace(with.records);
  }
  auto job = job_for(account, id, *view);
  results_range range{number_parameter(x, "resultsOffset", 0, UINT32_MAX).value_or(0),
                      number_parameter(x, "resultsLimit", 1, UINT32_MAX).value_or(UINT32_MAX)};
  auto until = x.notes().begun + wait;
  if (!is_final(job.state) && !x.last_call() && std::chrono::steady_clock::now() < until)
    x.park(until);
  else if (x.on_loop() && job.files_total > quick_files_max)
    x.leave_to_worker();
  else
    answer_job(x, with, *view, job, range);
}

void list_jobs(exchange& x, const services& with) {
  constexpr std::uint64_t limit_max = 100;
  constexpr std::uint64_t limit_default = 20;
  read_view view{with.records};
  auto account = authenticate(x, view);
  auto limit = number_parameter(x, "limit", 1, limit_max).value_or(limit_default);
  auto offset = number_parameter(x, "offset", 0, UINT32_MAX).value_or(0);
  auto page = view.jobs_of(account, wanted_state(x), offset, static_cast<std::uint32_t>(limit));
  link_maker links{with.signer, base_url(with.options, x), wall_clock()};
  json_writer out;
  out.begin_object().key("jobs").begin_array();
  for (const auto& job : page.jobs) {
    out.begin_object();
    write_job_before_results(out, job);
    write_job_after_results(out, job, view.spec(job.id).value_or(job_spec{}), view, links);
    out.end_object();
  }
  out.end_array().key("pagination").begin_object();
  out.field("limit", limit).field("offset", offset).field("total", page.total);
  out.field("hasMore", offset + page.jobs.size() < page.total).end_object().end_object();
  x.reply().json(200, out.take());
}

void erase_job_files(exchange& x, const services& with) {
  auto account = owner_of(x, with);
  auto id = job_id_of(x);
  if (auto why = with.actors.erase_job_files(account, id))
    throw request_refused{*why};
  json_writer out;
  out.begin_object().field("success", true).field("jobId", to_text(id));
  out.field("message", "The job's sources and results were erased.");
  x.reply().json(200, out.end_object().take());
}

void cancel_job(exchange& x, const services& with) {
  auto account = owner_of(x, with);
  auto done = with.actors.cancel(account, job_id_of(x), flag_parameter(x, "force"));
  if (auto* why = std::get_if<failure>(&done))
    throw request_refused{*why};
  const auto& job = std::get<job_record>(done);
  json_writer out;
  out.begin_object().field("success", true).field("jobId", to_text(job.id));
  out.field("status", name_of(job.state)).field("message", sentence_of(ec::cancelled));
  x.reply().json(200, out.end_object().take());
}

} // namespace convertd
