#include "actors/pruner.hpp"

#include "job/crash_points.hpp"

#include <cstdint>
#include <system_error>

namespace convertd {

namespace {

/// Jobs looked up at a time, and file records erased in one commit.
constexpr std::uint32_t jobs_per_round = 64;
constexpr std::uint32_t records_per_commit = 1'000;

} // namespace

void pruner_state::tick() {
  forget_idempotency_keys();
  auto due = read_view{*in}.due(options.now(),
                                jobs_per_round + static_cast<std::uint32_t>(unreadable.size()));
  std::erase_if(due, [this](const due_job& x) { return unreadable.count(x.job) > 0; });
  erase_next(std::move(due));
}

/// What is left over comes with the next round; a key that has expired counts no more anyway.
void pruner_state::forget_idempotency_keys() {
  auto since = options.now() - idempotency_kept;
  if (!read_view{*in}.has_idempotency_before(since))
    return;
  auto what = [since](write_batch& batch) {
    batch.erase_idempotency_before(since, records_per_commit);
  };
  auto shared = std::make_shared<const std::function<void(write_batch&)>>(what);
  self->request(snapshots, caf::infinite, atom::write_v, write_function{shared})
    .then([](const failure&) {});
}

/// One job after the other, so that the pruner never fills a commit by itself.
void pruner_state::erase_next(std::vector<due_job> due) {
  if (due.empty()) {
    self->delayed_send(self, options.interval, atom::tick_v);
    return;
  }
  auto id = due.back().job;
  due.pop_back();
  auto job = job_of(id);
  auto go_on = [this, due = std::move(due)]() mutable {
    // A round that found something may not have found all.
    due.empty() ? self->send(self, atom::tick_v) : erase_next(std::move(due));
  };
  if (!job) {
    unreadable.insert(id);
    return go_on();
  }
  if (next_due(*job) > options.now()) // erased since it was listed: its records stay for now
    return go_on();
  if (job->erased)
    return erase_records(id, [this, id, go_on]() mutable { remove_folder(id, go_on); });
  write(
    id, [id](write_batch& batch) { batch.erase_bytes(id); },
    [this, id, go_on]() mutable {
      crash_point("expire.bytes-doomed");
      remove_folder(id, go_on);
    });
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
  auto what = [id](write_batch& batch) { batch.erase_bytes(id); };
  auto shared = std::make_shared<const std::function<void(write_batch&)>>(what);
  self->request(snapshots, caf::infinite, atom::write_v, write_function{shared})
    .then([this, id, reply](const failure& why) mutable {
      if (!why) {
        crash_point("erase.bytes-doomed");
        remove_folder(id, [] {});
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

void pruner_state::erase_records(job_id job, std::function<void()> then) {
  auto done = std::make_shared<bool>(false);
  write(
    job, [job, done](write_batch& batch) { *done = batch.erase_records(job, records_per_commit); },
    [this, job, done, then = std::move(then)] {
      if (*done) {
        crash_point("expire.records-doomed");
        return then();
      }
      crash_point("expire.part-committed");
      erase_records(job, then);
    });
}

/// The record first, then the bytes: that it is doomed is durable by now, so a crash forgets
/// nothing.
void pruner_state::remove_folder(job_id job, std::function<void()> then) {
  try {
    files->remove(job);
  } catch (const std::system_error&) {
    return then(); // it stays doomed; the next start-up tries again
  }
  crash_point("erase.removal-synced");
  write(
    job, [job](write_batch& batch) { batch.undoom(job); },
    [then = std::move(then)] {
      crash_point("erase.undoomed");
      then();
    });
}

void pruner_state::write(job_id job, std::function<void(write_batch&)> what,
                         std::function<void()> then) {
  auto shared = std::make_shared<const std::function<void(write_batch&)>>(std::move(what));
  self->request(snapshots, caf::infinite, atom::write_v, write_function{shared})
    .then([this, job, then = std::move(then)](const failure& why) {
      if (why.code == ec::internal)
        unreadable.insert(job);
      if (why) // no room even for this, or this one cannot be erased: the others later
        self->delayed_send(self, options.interval, atom::tick_v);
      else
        then();
    });
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
    [&st](atom::tick) { st.tick(); },
  };
}

} // namespace convertd
