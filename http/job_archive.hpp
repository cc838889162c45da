// One zip of all outputs of a job. It is stored nowhere: records and outputs of a final job do not
// change, but that an output may be erased, so it is made of them whenever somebody takes it, and
// is the same each time. Memory does not grow with the job.
#pragma once

#include "http/answer.hpp"
#include "http/byte_range.hpp"
#include "http/services.hpp"
#include "job/job.hpp"
#include "storage/store.hpp"

#include <cstdint>
#include <string>

namespace convertd {

/// Where the parts of a job's archive are. Outputs come in the order of their indexes; then, if
/// files failed, `manifest.json` says which and why; then the directory.
struct archive_plan {
  std::uint64_t entries = 0;
  std::uint64_t manifest_size = 0; ///< 0: there is none.
  std::uint32_t manifest_crc = 0;
  std::uint64_t manifest_offset = 0;
  std::uint64_t central_offset = 0;
  std::uint64_t central_size = 0;
  std::uint64_t size = 0;        ///< Of the whole archive, bytes.
  std::uint32_t fingerprint = 0; ///< Of all its members: another if an output was erased.
};

/// True if the job has one: it is final, asked for it, and some file succeeded.
bool has_archive(const job_record& job, const job_spec& spec);

/// Reads the records of all files.
archive_plan plan_archive(const job_record& job, const read_view& view);

/// Yields these bytes of the archive; breaks off if an output is gone meanwhile.
body_source archive_source(const services& with, const job_record& job, const archive_plan& plan,
                           byte_range range);

/// What it is called when it is saved.
std::string archive_name(const job_record& job);

} // namespace convertd
