// The answer to "how far is this job", with its results: at once for a few, streamed for many.
#pragma once

#include "http/exchange.hpp"
#include "http/services.hpp"
#include "job/job.hpp"
#include "storage/store.hpp"

#include <cstdint>

namespace convertd {

/// Which results are wanted, counted among the files that have ended.
struct results_range {
  std::uint64_t offset = 0;
  std::uint64_t limit = 0;
};

/// Files whose records are in memory at a time, however many the job has.
inline constexpr std::uint32_t results_page = 200;

void answer_job(exchange& x, const services& with, const read_view& view, const job_record& job,
                results_range range);

} // namespace convertd
