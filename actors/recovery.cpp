#include "actors/recovery.hpp"

#include "job/crash_points.hpp"

#include <algorithm>
#include <span>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

namespace convertd {

namespace {

/// File records that are read or erased in one go.
constexpr std::uint32_t records_at_a_time = 1'000;

class recovery {
public:
  recovery(store& in, const job_files& files, timestamp now, milliseconds retention)
    : in_{in}, files_{files}, now_{now}, retention_{retention} {}

  recovery_report run() {
    auto live = read_view{in_}.live_jobs();
    std::sort(live.begin(), live.end());
    for (const auto& id : live)
      unless_damaged(id, [&] { take_up(id); });
    commit();
    remove_doomed();
    tidy_folders();
    return std::move(report_);
  }

private:
  struct interrupted_job {
    job_record job;
    std::vector<file_record> files;            ///< That were at codecs: few, a runner has no more.
    std::unordered_set<std::uint32_t> on_disk; ///< Files whose outputs are recorded there.
  };

  /// One damaged record costs its job, never the server.
  template <class Work>
  void unless_damaged(job_id id, Work work) {
    try {
      work();
    } catch (const store_error& error) {
      if (!error.damaged())
        throw;
      report_.damaged.push_back(id);
    }
  }

  void take_up(job_id id) {
    auto job = read_view{in_}.job(id);
    if (!job || job->state == job_state::uploading)
      return abandon(id);
    if (job->state == job_state::processing)
      interrupt(*job);
    if (!is_final(job->state))
      report_.jobs.push_back({job->id, job->account, job->files_total, 0, job->source_bytes,
                              read_view{in_}.spec(id).value_or(job_spec{}).priority});
  }

  void abandon(job_id id) {
    for (auto done = false; !done;) {
      write_batch batch{in_};
      done = batch.erase_records(id, records_at_a_time);
      batch.commit();
      crash_point("recover.upload-erased");
    }
    ++report_.abandoned;
  }

  /// The server died while files of this job were at codecs.
  void interrupt(job_record& job) {
    job.files_completed = 0;
    job.files_failed = 0;
    job.output_bytes = 0;
    interrupted_job x;
    for (std::uint32_t from = 0; from < job.files_total;) {
      auto page = read_view{in_}.files(job.id, from, records_at_a_time);
      if (page.empty())
        break;
      from = page.back().index + 1;
      for (auto& file : page)
        take_up_file(job, file, x);
    }
    ++job.change;
    settle_if_done(job, now_, retention_);
    x.job = job;
    records_to_write_ += x.files.size() + 1;
    to_write_.push_back(std::move(x));
    if (records_to_write_ >= records_at_a_time)
      commit();
  }

  /// Jobs share commits, for a start waits for each of them; unless one of them is damaged.
  void commit() {
    records_to_write_ = 0;
    auto jobs = std::exchange(to_write_, {});
    try {
      write(jobs);
    } catch (const store_error& error) {
      if (!error.damaged())
        throw;
      for (const auto& x : jobs)
        unless_damaged(x.job.id, [&] { write({&x, 1}); });
    }
  }

  void write(std::span<const interrupted_job> jobs) {
    if (jobs.empty())
      return;
    write_batch batch{in_};
    for (const auto& x : jobs) {
      for (const auto& file : x.files)
        batch.put_file(x.job.id, file);
      batch.put_job(x.job);
    }
    batch.commit();
    for (const auto& x : jobs) {
      crash_point("recover.job-committed");
      remove_unnamed_outputs(x.job.id, x.on_disk);
    }
  }

  void take_up_file(job_record& job, file_record& file, interrupted_job& x) {
    if (file.progress.state == file_state::processing) {
      file.progress = interrupted(file.progress);
      if (is_final(file.progress.state))
        file.change = ++job.change;
      x.files.push_back(file);
      ++report_.interrupted;
    }
    // An earlier recovery that was cut off may have given numbers that its job does not know of.
    job.change = std::max(job.change, file.change);
    if (is_final(file.progress.state))
      count_ended(job, file);
    if (file.progress.state == file_state::completed && !file.result.stored_inline)
      x.on_disk.insert(file.index);
  }

  /// Outputs that were named and whose record was not committed.
  void remove_unnamed_outputs(job_id id, const std::unordered_set<std::uint32_t>& named) {
    const auto& folders = live_folders();
    if (folders.find(id) != folders.end())
      files_.remove_unrecorded(id, named);
  }

  void remove_doomed() {
    auto doomed = read_view{in_}.doomed();
    for (const auto& id : doomed)
      files_.remove(id);
    if (doomed.empty())
      return;
    crash_point("recover.doomed-removed");
    write_batch batch{in_};
    for (const auto& id : doomed)
      batch.undoom(id);
    batch.commit();
  }

  void tidy_folders() {
    for (const auto& id : files_.live_folders())
      unless_damaged(id, [&] {
        tidy_folder(id);
        crash_point("recover.folder-tidied");
      });
  }

  void tidy_folder(job_id id) {
    auto job = read_view{in_}.job(id);
    if (job && is_final(job->state) && !job->erased) {
      files_.settle(id);
    } else if (!job || job->erased) {
      files_.remove(id);
      ++report_.folders;
    }
  }

  const std::unordered_set<job_id>& live_folders() {
    if (!folders_read_) {
      auto found = files_.live_folders();
      folders_.insert(found.begin(), found.end());
      folders_read_ = true;
    }
    return folders_;
  }

  store& in_;
  const job_files& files_;
  timestamp now_;
  milliseconds retention_;
  recovery_report report_;
  std::vector<interrupted_job> to_write_;
  std::size_t records_to_write_ = 0;
  bool folders_read_ = false;
  std::unordered_set<job_id> folders_;
};

} // namespace

recovery_report recover(store& in, const job_files& files, timestamp now, milliseconds retention) {
  return recovery{in, files, now, retention}.run();
}

} // namespace convertd
