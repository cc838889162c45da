#include "job/job.hpp"

#include <algorithm>

namespace convertd {

namespace {

void finish(job_record& job, timestamp now, milliseconds retention) {
  job.completed = now;
  job.expires = retention.count() > 0 ? now + retention : timestamp{};
}

} // namespace

std::string_view name_of(job_type x) {
  return x == job_type::compress ? "compress" : "convert";
}

std::optional<job_type> parse_job_type(std::string_view name) {
  if (name == "convert")
    return job_type::convert;
  if (name == "compress")
    return job_type::compress;
  return std::nullopt;
}

std::optional<job_priority> parse_job_priority(std::string_view name) {
  if (name == "normal")
    return job_priority::normal;
  if (name == "high")
    return job_priority::high;
  if (name == "low")
    return job_priority::low;
  return std::nullopt;
}

std::size_t level_of(job_priority x) {
  switch (x) {
    case job_priority::high: return 0;
    case job_priority::normal: return 1;
    case job_priority::low: return 2;
  }
  return 1; // a number that a newer version wrote
}

int progress_percent(const job_record& x) {
  if (is_final(x.state))
    return 100;
  if (x.files_total == 0)
    return 0;
  auto percent = std::uint64_t{x.files_ended()} * 100 / x.files_total;
  return static_cast<int>(std::min<std::uint64_t>(percent, 99));
}

std::string_view error_text(const file_record& file) {
  return file.error_message.empty() ? sentence_of(file.progress.error)
                                    : std::string_view{file.error_message};
}

file_record as_shown(const job_record& job, file_record file) {
  if (job.error == ec::cancelled)
    file.progress = cancelled(file.progress);
  return file;
}

job_record as_accepted(job_record uploaded) {
  uploaded.state = next(job_state::uploading, job_event::accept).value_or(job_state::pending);
  ++uploaded.change;
  return uploaded;
}

void count_ended(job_record& job, const file_record& file) {
  if (file.progress.state == file_state::completed) {
    ++job.files_completed;
    job.output_bytes += file.result.size;
  } else {
    ++job.files_failed;
  }
}

void settle_if_done(job_record& job, timestamp now, milliseconds retention) {
  if (is_final(job.state) || job.files_ended() < job.files_total)
    return;
  auto event = job.files_completed > 0 ? job_event::settle_some_ok : job_event::settle_none_ok;
  auto state = next(job.state, event);
  if (!state)
    return;
  job.state = *state;
  finish(job, now, retention);
  if (job.state == job_state::failed) {
    job.error = ec::decode_failed;
    job.error_message = job.files_total == 1 ? "The file could not be converted."
                                             : "No file of the job could be converted.";
  }
}

timestamp next_due(const job_record& job) {
  if (!is_final(job.state) || job.expires == timestamp{})
    return {};
  return job.erased ? job.expires + (job.expires - job.completed) : job.expires;
}

std::optional<job_record> cancel(const job_record& job, bool force, timestamp now,
                                 milliseconds retention) {
  auto state = next(job.state, force ? job_event::force_cancel : job_event::cancel);
  if (!state)
    return std::nullopt;
  auto result = job;
  result.state = *state;
  result.error = ec::cancelled;
  result.error_message = sentence_of(ec::cancelled);
  result.files_failed = result.files_total - result.files_completed;
  finish(result, now, retention);
  return result;
}

} // namespace convertd
