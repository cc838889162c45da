// Jobs and files as tests want them.
#pragma once

#include "job/job.hpp"

#include <chrono>
#include <string>
#include <vector>

namespace convertd {

/// A moment for tests; later ones are `noon + 5s`.
inline const timestamp noon{std::chrono::sys_days{std::chrono::year{2026} / 6 / 1}
                            + std::chrono::hours{12}};

inline job_record pending_job(timestamp created, std::uint32_t files, account_id account = 1) {
  job_record job;
  job.id = mint<job_id>(created);
  job.account = account;
  job.state = job_state::pending;
  job.files_total = files;
  job.created = created;
  job.source_bytes = files * 100ULL;
  job.sources_inline = true;
  return job;
}

inline file_record pending_file(std::uint32_t index) {
  file_record file;
  file.index = index;
  file.source_name = "picture" + std::to_string(index) + ".png";
  file.target_name = "picture" + std::to_string(index) + ".webp";
  file.offset = index * 100ULL;
  file.length = 100;
  file.what.target = image_format::webp;
  return file;
}

inline std::vector<file_record> pending_files(std::uint32_t count) {
  std::vector<file_record> files;
  for (std::uint32_t i = 0; i < count; ++i)
    files.push_back(pending_file(i));
  return files;
}

/// The file as it is when its conversion has succeeded.
inline file_record completed_file(std::uint32_t index, timestamp now) {
  auto file = pending_file(index);
  file.progress.state = file_state::completed;
  file.result.id = mint<file_id>(now);
  file.result.size = 40;
  file.result.width = 8;
  file.result.height = 8;
  return file;
}

} // namespace convertd
