// What the snapshotter's requests are, for the commit that they share.
#pragma once

#include "actors/snapshotter.hpp"

#include <cstdint>
#include <vector>

namespace convertd {

/// The job's new record, if the request is a step of a job.
const job_update* update_of(const snapshotter_state::request& x);
/// The new job, if it is one.
const submission* submission_of(const snapshotter_state::request& x);

/// A step in the middle of a job: the runner goes on meanwhile, and its watchers lose a few
/// milliseconds.
bool can_wait(const snapshotter_state::request& x);

/// All of the job's files ended in this step, which put nothing into a folder. What an earlier
/// attempt may have left in one, recovery moves.
bool is_all_inline(const job_update& x);

/// Brings bytes or a job: what may not take the room that is kept for erasing.
bool grows(const std::vector<snapshotter_state::request>& group);

/// Roughly what a request adds to a commit, in bytes.
std::uint64_t size_of(const snapshotter_state::request& x);

/// What the commit just now has made durable, and nobody was told of yet.
void pass_crash_points(const std::vector<snapshotter_state::request>& group);

} // namespace convertd
