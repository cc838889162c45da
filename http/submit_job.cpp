// POST /api/jobs: who asks, may they, what do they send, then the sources and the job are made
// durable, in this order.
//
// While the store's writer commits, the request is parked and holds no thread: however many clients
// wait, they can share a commit.
#include "http/admission.hpp"
#include "http/handlers.hpp"
#include "http/job_form.hpp"
#include "http/json.hpp"
#include "http/make_durable.hpp"
#include "http/request_refused.hpp"
#include "http/upload_work.hpp"
#include "http/webhook_request.hpp"

#include <chrono>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
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
  out.job.source_crc32 = form.sources()->crc32();
  out.job.sources_inline = form.sources()->in_memory();
  out.spec.type = settings.type;
  out.spec.metadata = std::move(settings.metadata);
  out.spec.base_url = std::move(base);
  out.spec.create_archive = settings.create_archive;
  out.spec.priority = settings.priority;
  out.files = make_records(form, settings.each);
  out.callback = std::move(settings.callback);
  out.sources = form.sources();
  out.account_jobs_max = from.limits.jobs_in_flight;
  out.account_storage_max = from.limits.storage_bytes_max;
  return out;
}

/// An upload that may have come before.
struct job_upload : upload_work {
  using upload_work::upload_work;

  std::optional<idempotent_request> key;
};

/// A request whose job is with the actors.
struct job_wait : request_work {
  std::shared_ptr<const job_receipt> receipt;
  job_id id;
  steady_time until{};
};

/// What the first time left behind; the first time it is made, if this client may submit at all. A
/// request that was answered before is free: it is only compared.
job_upload& submission_of(exchange& x, const services& with) {
  auto& kept = x.notes().work;
  if (!kept) {
    auto from = admit(x, with);
    auto key = claim_key(x, from.account, with.claims, read_view{with.records});
    auto again = key && key->earlier;
    auto boundary = boundary_of(x.head().header("Content-Type").value_or(""));
    if (again)
      from.storage_left = std::numeric_limits<std::uint64_t>::max();
    else if (auto why = with.actors.refusal(1))
      throw request_refused{*why};
    check_announced_length(x, with, from);
    auto fresh = std::make_unique<job_upload>(std::move(from), boundary, with);
    if (again)
      fresh->form.drop_files();
    else
      fresh->claim = count_request(x, with, fresh->from.account, fresh->from.limits);
    if (key) {
      fresh->form.hash_files();
      fresh->key.emplace(std::move(*key));
    }
    kept = std::move(fresh);
  }
  return static_cast<job_upload&>(*kept);
}

void answer_with(exchange& x, job_id id, job_state state) {
  json_writer out;
  out.begin_object().field("jobId", to_text(id)).field("status", name_of(state)).end_object();
  x.reply().json(200, out.take());
}

/// The request came before, or its key did.
void answer_again(exchange& x, const services& with, const job_upload& work) {
  const auto& earlier = *work.key->earlier;
  if (hash_of(work.form) != earlier.request)
    throw request_refused{ec::idempotency_mismatch};
  auto job = read_view{with.records}.job(earlier.job);
  answer_with(x, earlier.job, job ? job->state : job_state::failed);
  x.reply().header("Idempotent-Replayed", "true");
}

void answer_settled(exchange& x, const job_wait& wait, const failure& why) {
  if (why)
    throw request_refused{why};
  answer_with(x, wait.id, job_state::pending);
}

/// Hands the job over, and puts the wait for it in place of the upload.
void make_job(exchange& x, const services& with, job_upload& work) {
  const auto& form = work.form;
  auto settings = read_job_form(form.fields(), form.files().size(), with.options.boxes);
  if (settings.callback)
    checked_target(settings.callback->url, "callbackUrl", with.options.guard);
  auto what = make_submission(work.from, form, std::move(settings), base_url(with.options, x));
  auto id = what.job.id;
  if (work.key)
    what.idempotency = {work.from.account, work.key->claim.key(), hash_of(form), id,
                        what.job.created};
  what.counts_in = work.claim.month();
  what.spec.request_id = x.notes().id;
  what.spec.trace_parent = x.notes().trace_parent;
  x.notes().work_id = id;
  x.watch_job(id, watch_for::end); // before it can ring
  auto wait = std::make_unique<job_wait>();
  wait->receipt = make_durable(std::move(what), with, std::move(work.claim), std::move(work.key));
  wait->id = id;
  wait->until = std::chrono::steady_clock::now() + durable_within;
  if (job_receipt::unsettled_bytes > unsettled_bytes_max)
    return answer_settled(x, *wait, wait->receipt->wait(wait->until));
  x.notes().stays = true;
  x.park(wait->until);
  x.notes().work = std::move(wait);
}

/// A stop is no reason to leave the client without an answer: what is with the actors ends first.
void serve_waiting(exchange& x, const job_wait& wait) {
  auto why = wait.receipt->look();
  if (!why && !x.last_call())
    return x.park(wait.until);
  if (!why && x.on_loop())
    return x.leave_to_worker();
  answer_settled(x, wait, why ? *why : wait.receipt->wait(wait.until));
}

void submit(exchange& x, const services& with) {
  if (const auto* waiting = dynamic_cast<const job_wait*>(x.notes().work.get()))
    return serve_waiting(x, *waiting);
  auto& work = submission_of(x, with);
  try {
    if (!read_upload(x, work))
      return;
    if (!work.key || !work.key->earlier)
      return make_job(x, with, work);
    answer_again(x, with, work);
  } catch (...) {
    work.key.reset();
    throw;
  }
  work.key.reset();
}

} // namespace

void submit_job(exchange& x, const services& with) {
  refuse_when_full(x, with, submit);
}

} // namespace convertd
