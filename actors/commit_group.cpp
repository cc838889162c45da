#include "actors/commit_group.hpp"

#include "job/crash_points.hpp"

#include <algorithm>

namespace convertd {

namespace {

void pass_crash_points(const job_update& what) {
  for (const auto& file : what.files) {
    if (file.progress.state == file_state::processing)
      crash_point("attempt.start-committed");
    else if (is_final(file.progress.state))
      crash_point("publish.committed");
    else if (file.progress.crashes > 0)
      crash_point("attempt.death-committed");
  }
  if (what.job_changed && is_final(what.job.state))
    crash_point("publish.job-committed");
}

} // namespace

const job_update* update_of(const snapshotter_state::request& x) {
  auto* found = std::get_if<job_update_ptr>(&x.what);
  return found ? found->get() : nullptr;
}

const submission* submission_of(const snapshotter_state::request& x) {
  auto* found = std::get_if<submission_ptr>(&x.what);
  return found ? found->get() : nullptr;
}

bool can_wait(const snapshotter_state::request& x) {
  auto* update = update_of(x);
  return update != nullptr && !is_final(update->job.state);
}

bool is_all_inline(const job_update& x) {
  return x.job.sources_inline && !x.folder_touched && x.files.size() == x.job.files_total;
}

bool grows(const std::vector<snapshotter_state::request>& group) {
  return std::any_of(group.begin(), group.end(), [](const auto& x) {
    auto* update = update_of(x);
    return submission_of(x) || (update && !update->outputs.empty());
  });
}

std::uint64_t size_of(const snapshotter_state::request& x) {
  constexpr std::uint64_t record = 512; // with its share of index pages
  auto size = record;
  if (auto* put = submission_of(x))
    size += record * put->files.size() + (put->job.sources_inline ? put->job.source_bytes : 0);
  if (auto* update = update_of(x)) {
    size += record * update->files.size();
    for (const auto& output : update->outputs)
      size += output.bytes->size();
  }
  return size;
}

void pass_crash_points(const std::vector<snapshotter_state::request>& group) {
  if constexpr (crash_points_compiled)
    for (const auto& x : group) {
      if (submission_of(x) != nullptr && !x.why)
        crash_point("accept.committed");
      if (auto* update = update_of(x))
        pass_crash_points(*update);
    }
}

} // namespace convertd
