// POST /api/jobs: who asks, may they, what do they send, then the sources and the job are made
// durable, in this order.
#include "http/auth.hpp"
#include "http/handlers.hpp"
#include "http/job_form.hpp"
#include "http/json.hpp"
#include "http/multipart.hpp"
#include "http/request_refused.hpp"
#include "http/upload_form.hpp"
#include "job/limits.hpp"
#include "job/name.hpp"

#include <atomic>
#include <cstdint>
#include <cstring>
#include <limits>
#include <system_error>
#include <utility>

namespace convertd {

namespace {

constexpr std::size_t read_bytes = 128 * kib;
constexpr std::size_t turn_bytes = 8 * mib; ///< Then other uploads have their turn.
/// Of all uploads that wait for bytes; above it those that need more than a little are refused.
constexpr std::size_t waiting_bytes_max = 8 * mib;
constexpr std::size_t waiting_bytes_each = 4 * kib;

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

/// An upload between two times that its request is served.
struct upload_work : request_work {
  upload_work(submitter who, std::string_view boundary, const services& with)
    : from{std::move(who)},
      form{with.files, from.limits, from.storage_left},
      parser{boundary, form} {}
  ~upload_work() override {
    memory_of_waiting -= counted;
  }

  /// Before it waits for bytes: it may be one of thousands, so what it keeps in memory is counted.
  void count_memory() {
    auto now = form.memory() + rest.size();
    auto all = memory_of_waiting += now - counted;
    counted = now;
    if (all > waiting_bytes_max && now > waiting_bytes_each)
      throw request_refused{ec::queue_full};
  }

  submitter from;
  upload_form form;
  multipart_parser parser;
  std::string rest;        ///< Arrived and not told apart yet.
  std::size_t counted = 0; ///< Of memory_of_waiting.

  static inline std::atomic<std::size_t> memory_of_waiting = 0;
};

/// Reads what has arrived of the body; false if more has to come first.
bool read_multipart(request_body& body, upload_work& work) {
  thread_local std::string buffer(read_bytes, '\0'); // see request_body::read_chunked()
  std::size_t waiting = work.rest.copy(buffer.data(), buffer.size());
  work.rest = std::string{};
  for (std::size_t turn = 0; turn < turn_bytes;) {
    auto size = body.read(std::span{buffer}.subspan(waiting));
    if (size == std::size_t{0}) {
      work.parser.finish(std::string_view{buffer}.substr(0, waiting));
      return true;
    }
    if (!size)
      break;
    // It will wait, maybe with thousands of others: its files never see memory. Taken for a moment
    // and given back, it would leave holes between what they keep.
    if (!body.consumed())
      work.form.sources()->to_disk();
    turn += *size;
    auto arrived = std::string_view{buffer}.substr(0, waiting + *size);
    auto used = work.parser.consume(arrived);
    waiting = arrived.size() - used;
    std::memmove(buffer.data(), buffer.data() + used, waiting);
  }
  work.rest.assign(buffer, 0, waiting);
  return false;
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
    check_announced(x, with, from);
    kept = std::make_unique<upload_work>(std::move(from), boundary, with);
  }
  return static_cast<upload_work&>(*kept);
}

void submit(exchange& x, const services& with) {
  auto& work = work_of(x, with);
  if (!read_multipart(x.body(), work)) {
    work.count_memory();
    x.await_body();
    return;
  }
  auto settings = read_job_form(work.form.fields(), work.form.files().size(), with.options.boxes);
  auto what = make_submission(work.from, work.form, std::move(settings), base_url(with.options, x));
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
