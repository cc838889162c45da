// At start-up: from what the store says to jobs that go on. Runs once, before actors and sockets.
#pragma once

#include "actors/messages.hpp"
#include "job/time.hpp"
#include "storage/job_files.hpp"
#include "storage/store.hpp"

#include <cstdint>
#include <vector>

namespace convertd {

/// What recovery did, for the log.
struct recovery_report {
  std::vector<waiting_job> jobs; ///< To go on with, oldest first.
  std::uint64_t interrupted = 0; ///< Files that were at a codec when the server died.
  std::uint64_t abandoned = 0;   ///< Jobs whose upload never became one.
  std::uint64_t folders = 0;     ///< Folders removed because no record names them.
  std::vector<job_id> damaged;   ///< Left alone: a record of theirs cannot be read.
};

/// Reads the store and makes the disk agree with it. Idempotent: it may die anywhere and run again.
///   - uploads that never became jobs are erased;
///   - files that were being processed count an interruption and are pending again;
///   - a job's counts are taken anew from its files, and a job without open files is settled;
///   - folders that no record names go; folders of final jobs move to kept.
/// The cost grows with the jobs that are not final, not with those that are kept.
/// Throws store_error and std::system_error.
recovery_report recover(store& in, const job_files& files, timestamp now, milliseconds retention);

} // namespace convertd
