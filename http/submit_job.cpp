// POST /api/jobs: who asks, may they, what do they send, then the sources and the job are made
// durable, in this order.
#include "http/auth.hpp"
#include "http/handlers.hpp"
#include "http/job_form.hpp"
#include "http/json.hpp"
#include "http/multipart.hpp"
#include "http/request_refused.hpp"
#include "http/upload_form.hpp"
#include "job/name.hpp"

#include <cstring>
#include <limits>
#include <system_error>
#include <utility>

namespace convertd {

namespace {

constexpr std::size_t read_bytes = 256 * 1024;

/// Who submits, and what is left to them.
struct submitter {
  account_id account = 0;
  plan limits;
  std::uint64_t storage_left = std::numeric_limits<std::uint64_t>::max();
};

submitter admit(exchange& x, const services& with) {
  read_view view{with.records};
  submitter out;
  out.account = authenticate(x, view);
  out.limits = plan_of(out.account, view, with.options);
  if (out.limits.storage_bytes_max > 0) {
    auto totals = view.totals(out.account);
    auto used = totals.source_bytes + totals.output_bytes;
    out.storage_left = out.limits.storage_bytes_max - std::min(used, out.limits.storage_bytes_max);
  }
  return out;
}

/// What can be refused before a byte of the body is read; later "100 Continue" goes out.
void check_announced(exchange& x, const services& with, const submitter& from) {
  if (auto why = with.actors.refusal(1))
    throw request_refused{*why};
  if (x.head().content_length() > with.options.front.body_bytes_max)
    throw request_refused{ec::file_too_large, "The upload is larger than this server accepts."};
  if (x.head().content_length() > from.storage_left)
    throw request_refused{ec::storage_limit};
}

/// Reads the body to its end: what is not of a part's bytes waits in front of the next read.
void read_multipart(request_body& body, std::string_view boundary, multipart_sink& into) {
  multipart_parser parser{boundary, into};
  std::string buffer(read_bytes, '\0');
  std::size_t waiting = 0;
  while (auto size = body.read(std::span{buffer}.subspan(waiting))) {
    auto arrived = std::string_view{buffer}.substr(0, waiting + size);
    auto used = parser.consume(arrived);
    waiting = arrived.size() - used;
    std::memmove(buffer.data(), buffer.data() + used, waiting);
  }
  parser.finish(std::string_view{buffer}.substr(0, waiting));
}

std::vector<file_record> make_records(const upload_form& form, std::vector<conversion> each) {
  std::vector<file_record> out;
  out.reserve(each.size());
  target_names names;
  for (const auto& file : form.files()) {
    file_record record;
    record.index = static_cast<std::uint32_t>(out.size());
    record.source_name = file.name;
    record.target_name = names.next(file.name, each[record.index].target);
    record.offset = file.offset;
    record.length = file.length;
    record.what = each[record.index];
    out.push_back(std::move(record));
  }
  return out;
}

submission make_submission(const submitter& from, const upload_form& form, job_form settings,
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
  out.files = make_records(form, std::move(settings.each));
  out.sources = form.sources();
  out.account_jobs_max = from.limits.jobs_in_flight;
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

void submit(exchange& x, const services& with) {
  auto from = admit(x, with);
  auto boundary = boundary_of(x.head().header("Content-Type").value_or(""));
  check_announced(x, with, from);
  upload_form form{with.files, from.limits, from.storage_left};
  read_multipart(x.body(), boundary, form);
  auto settings = read_job_form(form.fields(), form.files().size(), with.options.boxes);
  auto what = make_submission(from, form, std::move(settings), base_url(with.options, x));
  auto id = to_text(what.job.id);
  make_durable(std::move(what), with);
  json_writer out;
  out.begin_object().field("jobId", id).field("status", name_of(job_state::pending)).end_object();
  x.reply().json(200, out.take());
}

} // namespace

void submit_job(exchange& x, const services& with) {
  try {
    submit(x, with);
  } catch (const std::system_error& trouble) {
    bool full = trouble.code() == std::errc::no_space_on_device || trouble.code().value() == EDQUOT;
    if (!full)
      throw;
    throw request_refused{ec::storage_full};
  }
}

} // namespace convertd
