// POST /api/jobs: who asks, may they, what do they send, then the sources and the job are made
// durable, in this order.
#include "http/handlers.hpp"
#include "http/job_form.hpp"
#include "http/json.hpp"
#include "http/request_refused.hpp"
#include "http/upload_work.hpp"
#include "http/webhook_request.hpp"

#include <cstdint>
#include <utility>

namespace convertd {

namespace {

submission make_submission(const uploader& from, const upload_form& form, job_form settings,
                           std::string base) {
  submission out;
  auto now = wall_clock();
  out.job.id = mint<job_id>(now);
  out.job.account = from.account;
  out.job.type = settings.type;
  out.job.created = now;
  out.job.files_total = static_cast<std::uint32_t>(form.files().size());
  out.job.source_bytes = form.sources()->size();
  out.job.sources_inline = form.sources()->in_memory();
  out.spec = {settings.type, std::move(settings.metadata), std::move(base)};
  out.files = make_records(form, settings.each);
  out.callback = std::move(settings.callback);
  out.sources = form.sources();
  out.account_jobs_max = from.limits.jobs_in_flight;
  out.account_storage_max = from.limits.storage_bytes_max;
  return out;
}

/// Sources first, then the records that name them. A refused job leaves nothing behind.
void make_durable(submission what, const services& with) {
  auto id = what.job.id;
  auto on_disk = !what.sources->in_memory();
  auto unknown = false; // whether the job was made
  try {
    what.sources->keep_as_source(id);
    auto done = with.actors.submit(std::move(what));
    if (auto* why = std::get_if<failure>(&done)) {
      unknown = why->code == ec::internal;
      throw request_refused{*why};
    }
  } catch (...) {
    if (on_disk && !unknown)
      with.files.remove(id);
    throw;
  }
}

/// What the first time left behind; the first time it is made, if this client may submit at all.
upload_work& work_of(exchange& x, const services& with) {
  auto& kept = x.notes().work;
  if (!kept) {
    auto from = admit(x, with);
    auto boundary = boundary_of(x.head().header("Content-Type").value_or(""));
    if (auto why = with.actors.refusal(1))
      throw request_refused{*why};
    check_announced_length(x, with, from);
    kept = std::make_unique<upload_work>(std::move(from), boundary, with);
  }
  return static_cast<upload_work&>(*kept);
}

void submit(exchange& x, const services& with) {
  auto& work = work_of(x, with);
  if (!read_upload(x, work))
    return;
  auto settings = read_job_form(work.form.fields(), work.form.files().size(), with.options.boxes);
  if (settings.callback)
    checked_target(settings.callback->url, "callbackUrl", with.options.guard);
  auto what = make_submission(work.from, work.form, std::move(settings), base_url(with.options, x));
  auto id = to_text(what.job.id);
  make_durable(std::move(what), with);
  json_writer out;
  out.begin_object().field("jobId", id).field("status", name_of(job_state::pending)).end_object();
  x.reply().json(200, out.take());
}

} // namespace

void submit_job(exchange& x, const services& with) {
  refuse_when_full(x, with, submit);
}

} // namespace convertd
