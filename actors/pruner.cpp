#include "actors/pruner.hpp"

#include "job/crash_points.hpp"

#include <algorithm>
#include <cstdint>
#include <system_error>

namespace convertd {

namespace {

/// Jobs whose erasure shares a commit, and file records erased in one, over all of these jobs.
constexpr std::uint32_t jobs_per_group = 64;
constexpr std::uint32_t records_per_commit = 1'000;

/// True if the job's folder is doomed by it; false while records are left.
bool erase_what_is_due(write_batch& batch, const job_record& job) {
  if (job.erased)
    return batch.erase_records(job.id, records_per_commit);
  batch.erase_bytes(job.id);
  return true;
}

void pass_crash_points(const std::vector<job_record>& group, const std::vector<job_id>& doomed) {
  for (const auto& job : group)
    if (!job.erased)
      crash_point("expire.bytes-doomed");
    else if (std::find(doomed.begin(), doomed.end(), job.id) == doomed.end())
      crash_point("expire.part-committed");
    else
      crash_point("expire.records-doomed");
}

} // namespace

void pruner_state::tick() {
  forget_idempotency_keys();
  if (auto next = next_group(); !next.jobs.empty())
    erase_group(next);
  else
    self->delayed_send(self, options.interval, atom::tick_v);
}

/// What is left over comes with the next round; a key that has expired counts no more anyway.
void pruner_state::forget_idempotency_keys() {
  auto since = options.now() - idempotency_kept;
  if (!read_view{*in}.has_idempotency_before(since))
    return;
  write([since](write_batch& batch) { batch.erase_idempotency_before(since, records_per_commit); },
        [](const failure&) {});
}

/// Those that are due, the longest first, as many as one commit takes. A job that has more records
/// than that is a group by itself, and comes again until none is left.
pruner_state::group pruner_state::next_group() {
  auto look_at = jobs_per_group + static_cast<std::uint32_t>(unreadable.size());
  auto jobs_max = one_by_one > 0 ? 1U : jobs_per_group;
  group result;
  std::uint64_t records = 0;
  auto due = read_view{*in}.due(options.now(), look_at);
  result.last = due.size() < look_at;
  for (const auto& x : due) {
    if (unreadable.count(x.job) > 0)
      continue;
    auto job = job_of(x.job);
    if (!job) {
      unreadable.insert(x.job);
      continue;
    }
    records += job->files_total;
    if (result.jobs.size() == jobs_max || (records > records_per_commit && !result.jobs.empty())) {
      result.last = false;
      break;
    }
    result.jobs.push_back(std::move(*job));
  }
  if (one_by_one > 0)
    --one_by_one;
  return result;
}

/// The next group follows at once only if more is due: else, under a steady load, each would find
/// the one job that came to be due meanwhile.
void pruner_state::erase_group(const group& of) {
  auto doomed = std::make_shared<std::vector<job_id>>();
  auto what = [jobs = of.jobs, doomed](write_batch& batch) {
    doomed->clear();
    for (const auto& job : jobs)
      if (erase_what_is_due(batch, job))
        doomed->push_back(job.id);
  };
  write(what, [this, of, doomed](const failure& why) {
    if (why)
      return give_up(of, why);
    pass_crash_points(of.jobs, *doomed);
    auto all = of.last && doomed->size() == of.jobs.size();
    remove_folders(*doomed, [this, all] {
      all ? self->delayed_send(self, options.interval, atom::tick_v)
          : self->send(self, atom::tick_v);
    });
  });
}

/// A job that cannot be erased costs only itself: the next are tried one by one, and it is left.
void pruner_state::give_up(const group& of, const failure& why) {
  if (why.code != ec::internal) // no room even for this: later
    return self->delayed_send(self, options.interval, atom::tick_v);
  if (of.jobs.size() > 1)
    one_by_one = of.jobs.size();
  else
    unreadable.insert(of.jobs.front().id);
  self->send(self, atom::tick_v);
}

caf::result<failure> pruner_state::erase(account_id account, job_id id) {
  auto job = job_of(id);
  if (!job || job->account != account)
    return fail(ec::not_found);
  if (!is_final(job->state))
    return fail(ec::not_final);
  if (job->erased)
    return failure{};
  auto reply = self->make_response_promise<failure>();
  write([id](write_batch& batch) { batch.erase_bytes(id); },
        [this, id, reply](const failure& why) mutable {
          if (!why) {
            crash_point("erase.bytes-doomed");
            remove_folders({id}, [] {});
          }
          reply.deliver(why);
        });
  return reply;
}

std::optional<job_record> pruner_state::job_of(job_id id) const {
  try {
    return read_view{*in}.job(id);
  } catch (const store_error& error) {
    if (!error.damaged())
      throw;
    return std::nullopt;
  }
}

/// The records first, then the bytes: that these jobs are doomed is durable by now, so a crash
/// forgets nothing. What cannot be removed, or undoomed, the next start tries again.
void pruner_state::remove_folders(const std::vector<job_id>& doomed, std::function<void()> then) {
  std::vector<job_id> removed;
  for (auto id : doomed) {
    try {
      files->remove(id);
      removed.push_back(id);
    } catch (const std::system_error&) {
    }
  }
  if (removed.empty())
    return then();
  crash_point("erase.removal-synced");
  auto what = [removed](write_batch& batch) {
    for (auto id : removed)
      batch.undoom(id);
  };
  write(what, [then = std::move(then)](const failure&) {
    crash_point("erase.undoomed");
    then();
  });
}

/// What cannot be removed now the next start finds, and no record of it.
void pruner_state::remove_refused(job_id id) const {
  try {
    files->remove(id);
  } catch (const std::system_error&) {
  }
}

void pruner_state::write(std::function<void(write_batch&)> what,
                         std::function<void(const failure&)> then) {
  auto shared = std::make_shared<const std::function<void(write_batch&)>>(std::move(what));
  self->request(snapshots, caf::infinite, atom::write_v, write_function{shared})
    .then(std::move(then));
}

pruner_actor::behavior_type pruner(pruner_state::pointer self, snapshotter_actor snapshots,
                                   const store* in, const job_files* files,
                                   pruner_options options) {
  auto& st = self->state;
  st.snapshots = std::move(snapshots);
  st.in = in;
  st.files = files;
  st.options = std::move(options);
  die_on_exception(self, st.options.fatal);
  self->send(self, atom::tick_v);
  return {
    [&st](atom::erase, account_id account, job_id id) { return st.erase(account, id); },
    [&st](atom::forget, job_id id) { st.remove_refused(id); },
    [&st](atom::tick) { st.tick(); },
  };
}

} // namespace convertd
