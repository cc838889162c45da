#include "actors/pruner.hpp"

#include <system_error>

namespace convertd {

namespace {

/// Jobs looked up at a time, and file records erased in one commit.
constexpr std::uint32_t jobs_per_round = 64;
constexpr std::uint32_t records_per_commit = 1'000;

} // namespace

void pruner_state::tick() {
  erase_next(read_view{*in}.due(options.now(), jobs_per_round));
}

/// One job after the other, so that the pruner never fills a commit by itself.
void pruner_state::erase_next(std::vector<due_job> due) {
  if (due.empty()) {
    self->delayed_send(self, options.interval, atom::tick_v);
    return;
  }
  auto id = due.back().job;
  due.pop_back();
  auto job = read_view{*in}.job(id);
  auto go_on = [this, due = std::move(due)]() mutable {
    // A round that found something may not have found all.
    due.empty() ? self->send(self, atom::tick_v) : erase_next(std::move(due));
  };
  if (!job)
    return go_on();
  if (job->erased)
    return erase_records(id, [this, id, go_on]() mutable { remove_folder(id, go_on); });
  write([id](write_batch& batch) { batch.erase_bytes(id); },
        [this, id, go_on]() mutable { remove_folder(id, go_on); });
}

void pruner_state::erase_records(job_id job, std::function<void()> then) {
  auto done = std::make_shared<bool>(false);
  write([job, done](write_batch& batch) { *done = batch.erase_records(job, records_per_commit); },
        [this, job, done, then = std::move(then)] { *done ? then() : erase_records(job, then); });
}

/// The record first, then the bytes: that it is doomed is durable by now, so a crash forgets
/// nothing.
void pruner_state::remove_folder(job_id job, std::function<void()> then) {
  try {
    files->remove(job);
  } catch (const std::system_error&) {
    return then(); // it stays doomed; the next start-up tries again
  }
  write([job](write_batch& batch) { batch.undoom(job); }, std::move(then));
}

void pruner_state::write(std::function<void(write_batch&)> what, std::function<void()> then) {
  auto shared = std::make_shared<const std::function<void(write_batch&)>>(std::move(what));
  self->request(snapshots, caf::infinite, atom::write_v, write_function{shared})
    .then([this, then = std::move(then)](const failure& why) {
      if (why) // no room even for this: later
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
  self->send(self, atom::tick_v);
  return {
    [&st](atom::tick) { st.tick(); },
  };
}

} // namespace convertd
