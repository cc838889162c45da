// A job as JSON, docs/api.md section 3.
#pragma once

#include "http/json.hpp"
#include "http/signed_url.hpp"
#include "job/job.hpp"
#include "storage/store.hpp"

#include <cstdint>
#include <string_view>

namespace convertd {

/// Where links lead and until when they hold.
struct link_maker {
  const url_signer& signer;
  std::string base;
  timestamp now;
};

/// RFC 3339; null if there is no such time.
void write_time(json_writer& out, std::string_view name, timestamp at);

/// The members of a job before and after its `results`; between begin_object() and end_object().
void write_job_before_results(json_writer& out, const job_record& job);
void write_job_after_results(json_writer& out, const job_record& job, const job_spec& spec,
                             const read_view& view, const link_maker& links);

/// One item of `results`; `file` has ended. Without a link once the job's files are erased.
void write_result(json_writer& out, const job_record& job, const file_record& file,
                  const link_maker& links);

/// How much smaller the result is, in whole per cent; 0 when it grew.
unsigned saved_percent(std::uint64_t original, std::uint64_t final);

} // namespace convertd
