#include "storage/recount.hpp"

#include <cstdint>
#include <limits>

namespace convertd {

namespace {

void count(account_totals& to, const job_record& job, const read_view& in) {
  ++to.jobs[static_cast<std::size_t>(job.state)];
  if (job.erased)
    return;
  to.source_bytes += job.source_bytes;
  for (const auto& file : in.files(job.id, 0, job.files_total))
    if (file.progress.state == file_state::completed && !file.result.erased) {
      to.output_bytes += file.result.size;
      ++to.stored_files;
    }
}

} // namespace

account_totals recount(const read_view& in, account_id account) {
  constexpr auto all = std::numeric_limits<std::uint32_t>::max();
  account_totals result;
  for (const auto& job : in.jobs_of(account, std::nullopt, 0, all).jobs)
    count(result, job, in);
  for (const auto& file : in.stored_files(account, {}, 0, all).files)
    if (!file.of_job) {
      result.saved_bytes += file.facts.size;
      ++result.stored_files;
    }
  return result;
}

} // namespace convertd
