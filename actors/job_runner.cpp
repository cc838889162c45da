#include "actors/job_runner.hpp"

#include "actors/file_attempt.hpp"
#include "job/test_hooks.hpp"

#include <utility>

namespace convertd {

void job_runner_state::take(fresh_job made) {
  ready.assign(made.files.begin(), made.files.end());
  next_index = static_cast<std::uint32_t>(ready.size());
  begin({std::move(made.job), {}});
}

void job_runner_state::load(job_id id) {
  self->request(snapshots, caf::infinite, atom::load_v, id).then([this](const job_reply& found) {
    begin(found);
  });
}

void job_runner_state::begin(const job_reply& found) {
  job = found.job;
  loaded = true;
  if (found.why || is_final(job.state)) {
    if (cancelling)
      cancelling->deliver(job_reply{job, fail(ec::not_cancellable)});
    return self->quit();
  }
  if (cancelling && (forced || job.state == job_state::pending))
    return finish_cancel();
  if (cancelling)
    std::exchange(cancelling, std::nullopt)->deliver(job_reply{job, fail(ec::not_cancellable)});
  pump();
}

/// With its first file, whose start is recorded anyway; nothing if it has begun.
void job_runner_state::start_job() {
  if (auto state = next(job.state, job_event::start)) {
    job.state = *state;
    job.started = options.now();
    ++job.change;
  }
}

void job_runner_state::pump() {
  while (in_flight < options.files_in_flight && !draining && !cancelling && !no_room) {
    if (ready.empty())
      return load_more();
    auto file = std::move(ready.front());
    ready.pop_front();
    if (!is_final(file.progress.state))
      convert(std::move(file));
  }
}

void job_runner_state::load_more() {
  if (loading || next_index >= job.files_total)
    return;
  loading = true;
  self->request(snapshots, caf::infinite, atom::load_v, job.id, next_index, files_at_hand_max)
    .then(
      [this](file_list& files) {
        loading = false;
        next_index = files.empty() ? job.files_total : files.back().index + 1;
        for (auto& file : files)
          ready.push_back(std::move(file));
        pump();
      },
      [this](const caf::error&) { give_up(); });
}

void job_runner_state::convert(file_record file) {
  ++in_flight;
  auto task = std::make_shared<file_task>();
  task->job = job.id;
  task->account = job.account;
  task->sources_inline = job.sources_inline;
  task->priority = options.priority;
  task->file = file;
  auto index = file.index;
  at_pool.emplace(index, std::move(file));
  self->request(codecs, caf::infinite, atom::convert_v, file_task_ptr{task})
    .then([this, index](const file_outcome& outcome) { on_outcome(index, outcome); },
          [this, index](const caf::error&) {
            on_outcome(index, {}); // the pool went away: an interruption
          });
}

/// Recorded in the next commit, and nobody waits for it: enough to bound even a file that takes the
/// machine down.
void job_runner_state::on_started(std::uint32_t index) {
  auto found = at_pool.find(index);
  if (found == at_pool.end())
    return;
  auto again =
    found->second.progress.state == file_state::processing; // it had to wait as it is large
  found->second.progress = started(found->second.progress);
  found->second.started = options.now();
  start_job();
  if (again)
    return;
  auto update = std::make_shared<job_update>();
  update->job = job;
  update->job_changed = job.files_ended() == 0; // else its counts may be ahead of what is durable
  update->files.push_back(found->second);
  self->send(snapshots, atom::note_v, job_update_ptr{update});
}

void job_runner_state::on_outcome(std::uint32_t index, const file_outcome& outcome) {
  auto file = std::move(at_pool.at(index));
  at_pool.erase(index);
  auto done = outcome.what == file_outcome::kind::converted;
  if (cancelling && !done) {
    --in_flight;
    return finish_cancel();
  }
  if (outcome.what == file_outcome::kind::postponed)
    return wait_for_room(std::move(file));
  start_job();
  end_attempt(file, outcome);
  if (is_final(file.progress.state)) {
    file.change = ++job.change;
    count_ended(job, file);
    settle_if_done(job, options.now(), options.retention);
  }
  if (!is_final(file.progress.state) && fault_wanted("retry-before-save")) {
    --in_flight;
    ready.push_front(file);
    return pump();
  }
  auto update = next_update();
  if (outcome.bytes)
    update->outputs.push_back({outcome.result.id, outcome.bytes});
  update->folder_touched |= done && !outcome.bytes;
  update->job = job;
  update->files.push_back(std::move(file));
  save();
}

/// Nothing was tried: that is nobody's fault, and costs the file none of its tries.
void job_runner_state::wait_for_room(file_record file) {
  --in_flight;
  file.progress.state = file_state::pending;
  ready.push_front(std::move(file));
  if (!std::exchange(no_room, true))
    self->delayed_send(self, options.retry_after, atom::resume_v);
  quit_if_done();
}

void job_runner_state::resume() {
  if (std::exchange(save_failed, false))
    send_save();
  no_room = false;
  pump();
}

/// Its first death is durable by now.
void job_runner_state::rest(file_record file) {
  resting.push_back(std::move(file));
  self->delayed_send(self, options.rest_after_death, atom::rested_v);
}

void job_runner_state::end_rest() {
  if (resting.empty()) // cancelled meanwhile
    return;
  ready.push_front(std::move(resting.front()));
  resting.pop_front();
  pump();
}

/// The update that will be saved next: what happens while one is being saved goes into one more.
std::shared_ptr<job_update> job_runner_state::next_update() {
  if (!unsaved)
    unsaved = std::make_shared<job_update>();
  return unsaved;
}

void job_runner_state::save() {
  if (saving || !unsaved)
    return;
  saving = std::exchange(unsaved, nullptr);
  send_save();
}

void job_runner_state::send_save() {
  self->request(snapshots, caf::infinite, atom::save_v, job_update_ptr{saving})
    .then([this](const failure& why) { on_saved(why); });
}

void job_runner_state::on_saved(const failure& why) {
  if (why && why.code == ec::internal) // a record of this job is damaged
    return self->quit();
  if (why) { // no room; nothing of this job becomes durable before this does
    save_failed = true;
    self->delayed_send(self, options.retry_after, atom::resume_v);
    return;
  }
  auto saved = std::exchange(saving, nullptr);
  save();
  after_save(*saved);
}

void job_runner_state::after_save(const job_update& saved) {
  for (const auto& file : saved.files) {
    --in_flight;
    if (is_final(file.progress.state))
      continue;
    if (file.progress.crashes > 0)
      rest(file);
    else
      ready.push_front(file);
  }
  if (cancelling)
    return finish_cancel();
  pump();
  quit_if_done();
}

caf::result<job_reply> job_runner_state::cancel(bool force) {
  auto reply = self->make_response_promise<job_reply>();
  auto begun = loaded && job.state != job_state::pending;
  if (cancelling && !loaded && force && !forced) // the one before may be refused
    std::exchange(cancelling, std::nullopt)->deliver(job_reply{job, fail(ec::not_cancellable)});
  if (cancelling || is_final(job.state) || (begun && !force)) {
    reply.deliver(job_reply{job, fail(ec::not_cancellable)});
    return reply;
  }
  cancelling = reply;
  forced = force;
  if (!loaded) // begin() goes on
    return reply;
  ready.clear();
  resting.clear();
  self->send(codecs, atom::forget_v, job.id);
  finish_cancel();
  return reply;
}

/// Once nothing is at the codecs any more, so that no output is named after the job has ended.
void job_runner_state::finish_cancel() {
  if (in_flight > 0 || saving)
    return;
  if (is_final(job.state)) { // saved as cancelled, or its last file won the race
    cancelling->deliver(
      job_reply{job, fail(job.error == ec::cancelled ? ec::none : ec::not_cancellable)});
    return self->quit();
  }
  if (auto cancelled = convertd::cancel(job, true, options.now(), options.retention))
    job = *cancelled;
  ++job.change;
  next_update()->job = job;
  save();
}

/// Records of the job's files cannot be read: what has ended stays, the rest cannot be done.
void job_runner_state::give_up() {
  start_job();
  if (auto state = next(job.state, job_event::settle_none_ok)) {
    job.state = *state;
    job.error = ec::internal;
    job.error_message = "Records of this job are damaged.";
    job.completed = options.now();
    ++job.change;
    next_update()->job = job;
    save();
  }
}

void job_runner_state::drain() {
  draining = true;
  quit_if_done();
}

void job_runner_state::quit_if_done() {
  if (in_flight == 0 && !saving && (draining || is_final(job.state)))
    self->quit();
}

job_runner_actor::behavior_type job_runner(job_runner_state::pointer self, job_id id,
                                           std::optional<fresh_job> made,
                                           snapshotter_actor snapshots, codec_pool_actor codecs,
                                           const job_runner_options& options) {
  auto& st = self->state;
  st.snapshots = std::move(snapshots);
  st.codecs = std::move(codecs);
  st.options = options;
  if (made)
    st.take(std::move(*made));
  else
    st.load(id);
  return {
    [&st](atom::started, std::uint32_t index) { st.on_started(index); },
    [&st](atom::cancel, bool force) { return st.cancel(force); },
    [&st](atom::drain) { st.drain(); },
    [&st](atom::resume) { st.resume(); },
    [&st](atom::rested) { st.end_rest(); },
  };
}

} // namespace convertd
