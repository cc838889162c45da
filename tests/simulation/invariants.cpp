#include "tests/simulation/invariants.hpp"

#include "job/limits.hpp"

#include <array>
#include <unistd.h>

namespace convertd {

namespace {

constexpr std::uint32_t files_max = 100;

std::string bytes_of(const store& records, const job_files& files, job_id job,
                     const file_record& file) {
  if (file.result.stored_inline)
    return read_view{records}.inline_output(file.result.id).value_or("");
  auto fd = files.open_output(job, file.index);
  std::array<char, 64> text{};
  auto size = fd ? ::pread(fd->get(), text.data(), text.size(), 0) : 0;
  return {text.data(), size > 0 ? static_cast<std::size_t>(size) : 0};
}

} // namespace

void invariants::submitted(job_id id) {
  jobs_[id];
}

void invariants::acknowledged(job_id id) {
  jobs_[id].acknowledged = true;
}

void invariants::cancelled(job_id id) {
  jobs_[id].cancelled = true;
}

void invariants::may_be_erased(job_id id) {
  jobs_[id].may_be_erased = true;
}

void invariants::erased(job_id id) {
  jobs_[id].erased = true;
}

void invariants::check(timestamp now) {
  for (auto& [id, known] : jobs_)
    check_job(id, known, now);
}

void invariants::check_job(job_id id, known_job& known, timestamp now) {
  read_view view{*records_};
  auto job = view.job(id);
  if (!job) {
    if (known.acknowledged && (!known.records_until || now < *known.records_until))
      violation_("an acknowledged job is lost");
    return;
  }
  check_states(*job, known, now);
  auto files = view.files(id, 0, files_max);
  if (files.size() != job->files_total && !job->erased) // its records go in several commits
    violation_("files of a job are lost");
  for (const auto& file : files)
    check_file(*job, known, file);
  check_counts(*job, files);
}

void invariants::check_states(const job_record& job, known_job& known, timestamp now) {
  if (job.state < known.state || (is_final(known.state) && job.state != known.state))
    violation_("a job went back to an earlier state");
  known.state = job.state;
  if (known.cancelled && job.error != ec::cancelled)
    violation_("an acknowledged cancellation is lost");
  if (job.erased && !known.may_be_erased && now < job.expires)
    violation_("a job's bytes were erased before their time");
  if (known.erased && !job.erased)
    violation_("an acknowledged erasure is lost");
  if (is_final(job.state))
    known.records_until = job.expires + (job.expires - job.completed);
}

void invariants::check_file(const job_record& job, known_job& known, const file_record& file) {
  const auto& x = file.progress;
  if (x.crashes > crashes_max || x.interruptions > interruptions_max)
    violation_("a file was tried too often");
  auto [before, fresh] = known.files.try_emplace(file.index, file);
  if (!fresh) {
    const auto& y = before->second;
    if (is_final(y.progress.state) && (y.progress != x || y.result.id != file.result.id))
      violation_("a file that had ended was done again");
    if (x.crashes < y.progress.crashes || x.interruptions < y.progress.interruptions)
      violation_("a file's counters fell");
    before->second = file;
  }
  if (x.state == file_state::completed && !job.erased)
    check_bytes(job, file);
}

void invariants::check_bytes(const job_record& job, const file_record& file) {
  if (bytes_of(*records_, *files_, job.id, file) != to_text(file.result.id))
    violation_("a result that is recorded has other bytes, or none");
}

void invariants::check_counts(const job_record& job, const std::vector<file_record>& files) {
  std::uint32_t completed = 0;
  std::uint32_t ended = 0;
  for (const auto& file : files) {
    completed += file.progress.state == file_state::completed ? 1 : 0;
    ended += is_final(file.progress.state) ? 1 : 0;
  }
  if (!is_final(job.state) || files.size() != job.files_total)
    return;
  if (job.files_completed != completed || job.files_ended() != job.files_total)
    violation_("a job that has ended counts its files wrongly");
  if (job.error != ec::cancelled && job.error != ec::internal && ended != job.files_total)
    violation_("a job has ended before its files");
}

void invariants::check_end(account_id account,
                           const std::function<bool(delivery_id)>& delivered) const {
  read_view view{*records_};
  std::map<job_id, int> told;
  for (const auto& x : view.deliveries_of(account, 0, 1'000).deliveries) {
    if (x.kind == event_kind::completed || x.kind == event_kind::failed)
      ++told[x.job];
    if (!delivered(x.id))
      violation_("an event was never delivered");
  }
  for (const auto& [id, known] : jobs_) {
    if (!known.acknowledged)
      continue;
    if (!is_final(known.state))
      violation_("a job never ended");
    if (told[id] != 1)
      violation_("the end of a job was told " + std::to_string(told[id]) + " times");
  }
}

} // namespace convertd
