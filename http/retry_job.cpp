// POST /api/jobs/{id}/retry: a new job of the files that failed. Their sources are copied, so that
// either job is erased when its own time has come, and each counts what it has.
#include "http/auth.hpp"
#include "http/handlers.hpp"
#include "http/job_access.hpp"
#include "http/json.hpp"
#include "http/make_durable.hpp"
#include "http/request_refused.hpp"
#include "http/upload_work.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <unistd.h>
#include <utility>

namespace convertd {

namespace {

constexpr std::uint32_t records_at_once = 200;
constexpr std::size_t copy_bytes = 256 * kib;

/// The sources of a job, wherever they are.
class source_bytes {
public:
  source_bytes(const job_record& job, const read_view& view, const services& with) {
    if (job.sources_inline)
      memory_ = view.inline_sources(job.id);
    else
      file_ = with.files.open_source(job.id);
    if (!memory_ && !file_)
      throw request_refused{ec::sources_erased};
  }

  void copy(std::uint64_t offset, std::uint64_t length, upload& to) const {
    std::string piece;
    while (length > 0) {
      piece.resize(std::min<std::uint64_t>(length, copy_bytes));
      if (read(piece, offset) != piece.size())
        throw request_refused{ec::internal};
      to.append(piece);
      offset += piece.size();
      length -= piece.size();
    }
  }

private:
  std::size_t read(std::string& into, std::uint64_t offset) const {
    if (memory_)
      return offset > memory_->size() ? 0 : memory_->copy(into.data(), into.size(), offset);
    auto got = ::pread(file_->get(), into.data(), into.size(), static_cast<off_t>(offset));
    if (got < 0)
      throw_errno("read the sources of a job");
    return static_cast<std::size_t>(got);
  }

  std::optional<std::string> memory_;
  std::optional<owned_fd> file_;
};

/// As if they had just been uploaded, under their names; their places follow.
std::vector<file_record> failed_files(const job_record& job, const read_view& view) {
  std::vector<file_record> out;
  out.reserve(job.files_failed);
  for (std::uint32_t from = 0; from < job.files_total;) {
    auto page = view.files(job.id, from, records_at_once);
    if (page.empty())
      break;
    from = page.back().index + 1;
    for (auto& file : page) {
      if (as_shown(job, file).progress.state != file_state::failed)
        continue;
      file.progress = {};
      file.error_message.clear();
      file.error_detail.clear();
      file.change = 0;
      file.started = {};
      file.index = static_cast<std::uint32_t>(out.size());
      out.push_back(std::move(file));
    }
  }
  return out;
}

void check_may_retry(const job_record& job) {
  if (!is_final(job.state))
    throw request_refused{ec::not_final};
  if (job.files_failed == 0)
    throw request_refused{ec::nothing_failed};
  if (job.erased)
    throw request_refused{ec::sources_erased};
}

/// Gives each file its place among the new job's sources.
std::shared_ptr<upload> copy_sources(const source_bytes& from, std::vector<file_record>& files,
                                     const uploader& who, const services& with) {
  std::uint64_t total = 0;
  for (const auto& file : files)
    total += file.length;
  if (total > who.storage_left)
    throw request_refused{ec::storage_limit};
  auto to = std::make_shared<upload>(with.files);
  for (auto& file : files) {
    auto at = to->size();
    from.copy(file.offset, file.length, *to);
    file.offset = at;
  }
  return to;
}

void retry(exchange& x, const services& with) {
  auto who = admit(x, with);
  submission what;
  std::optional<source_bytes> sources;
  auto old_id = job_id_of(x);
  {
    read_view view{with.records};
    auto old = job_for(who.account, old_id, view);
    check_may_retry(old);
    if (auto why = with.actors.refusal(old.files_failed))
      throw request_refused{*why};
    what.spec = view.spec(old_id).value_or(job_spec{});
    what.files = failed_files(old, view);
    what.job.type = old.type;
    sources.emplace(old, view, with);
  }
  what.spec.base_url = base_url(with.options, x);
  what.sources = copy_sources(*sources, what.files, who, with);
  what.job.created = wall_clock();
  what.job.id = mint<job_id>(what.job.created);
  what.job.account = who.account;
  what.job.files_total = static_cast<std::uint32_t>(what.files.size());
  what.job.source_bytes = what.sources->size();
  what.job.source_crc32 = what.sources->crc32();
  what.job.sources_inline = what.sources->in_memory();
  what.account_jobs_max = who.limits.jobs_in_flight;
  what.account_storage_max = who.limits.storage_bytes_max;
  what.spec.request_id = x.notes().id;
  what.spec.trace_parent = x.notes().trace_parent;
  x.notes().work_id = what.job.id;
  auto id = to_text(what.job.id);
  auto receipt = make_durable(std::move(what), with);
  if (auto why = receipt->wait(std::chrono::steady_clock::now() + durable_within))
    throw request_refused{why};
  json_writer out;
  out.begin_object().field("jobId", id).field("status", name_of(job_state::pending));
  x.reply().json(200, out.field("retryOf", to_text(old_id)).end_object().take());
}

} // namespace

void retry_job(exchange& x, const services& with) {
  refuse_when_full(x, with, retry);
}

} // namespace convertd
