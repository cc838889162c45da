#include "actors/snapshotter.hpp"

#include "actors/commit_group.hpp"
#include "job/crash_points.hpp"
#include "job/test_hooks.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <stdexcept>
#include <system_error>

namespace convertd {

template <class T>
caf::result<failure> snapshotter_state::add(T what) {
  auto reply = self->make_response_promise<failure>();
  if (std::is_same_v<T, submission_ptr> && fault_wanted("ack-before-commit")) {
    reply.deliver(failure{});
    enqueue(std::move(what), std::nullopt);
  } else {
    enqueue(std::move(what), reply);
  }
  return reply;
}

template <class T>
void snapshotter_state::enqueue(T what, std::optional<promise> reply) {
  waiting.push_back({std::move(what), std::move(reply), {}});
  call_flush(can_wait(waiting.back()) ? flush_call::later : flush_call::now);
}

/// Everything that is in the mailbox by the time of the flush joins its commit. There is never more
/// than one flush in it: were there one more for each time that patience ended meanwhile, every
/// commit would soon be of a few requests. Patience that is overtaken has no say.
void snapshotter_state::call_flush(flush_call wanted) {
  if (options.patience.count() == 0)
    wanted = flush_call::now;
  if (called >= wanted)
    return;
  called = wanted;
  if (fault_wanted("ack-before-commit"))
    self->delayed_send(self, std::chrono::milliseconds{20}, atom::flush_v);
  else if (wanted == flush_call::now)
    send_flush();
  else
    self->delayed_send(self, options.patience, atom::tick_v);
}

void snapshotter_state::send_flush() {
  if (auto rest = due - self->clock().now(); rest.count() > 0)
    self->delayed_send(self, rest, atom::flush_v);
  else
    self->send(self, atom::flush_v);
}

void snapshotter_state::end_patience() {
  if (called == flush_call::later)
    call_flush(flush_call::now);
}

job_reply snapshotter_state::load(job_id id) const {
  try {
    auto found = read_view{*in}.job(id);
    if (!found)
      return {{}, fail(ec::not_found)};
    if (found->state == job_state::pending && !found->sources_inline)
      drop_outputs(id);
    return {std::move(*found), {}};
  } catch (const store_error& error) {
    if (!error.damaged())
      throw;
    return {{}, fail(ec::internal)};
  }
}

/// Of a job that nobody works at and that, by its record, nobody has: a crash came between an
/// output and that record.
void snapshotter_state::drop_outputs(job_id id) const {
  try {
    files->remove_unrecorded(id, {});
  } catch (const std::system_error&) {
    // They go with the job's folder.
  }
}

caf::result<file_list> snapshotter_state::load_files(job_id id, std::uint32_t from,
                                                     std::uint32_t limit) const {
  try {
    return read_view{*in}.files(id, from, limit);
  } catch (const store_error& error) {
    if (!error.damaged())
      throw;
    return caf::make_error(caf::sec::runtime_error, error.what());
  }
}

void snapshotter_state::keep_distance() {
  auto urgent = std::ranges::count_if(waiting, [](const request& x) { return !can_wait(x); });
  caf::timespan distance = std::min(urgent * options.spacing_of_request, options.spacing_max);
  if (options.spacing_of_commit > 0)
    distance = std::min<caf::timespan>(distance, last_took * options.spacing_of_commit);
  due = self->clock().now() + distance;
}

/// One commit for all that waits, or a few where that would be more than a commit takes. A job that
/// is larger by itself is a group of its own: what it needs and lacks is not the others' trouble.
void snapshotter_state::flush() {
  called = flush_call::none;
  keep_distance();
  std::vector<request> group;
  std::uint64_t size = 0;
  for (auto& x : std::exchange(waiting, {})) {
    if (!group.empty() && size + size_of(x) > commit_bytes_max) {
      commit_group(std::exchange(group, {}));
      size = 0;
    }
    size += size_of(x);
    group.push_back(std::move(x));
  }
  commit_group(std::move(group));
}

void snapshotter_state::commit_group(std::vector<request> group) {
  if (broken || group.empty())
    return;
  auto begun = std::chrono::steady_clock::now();
  auto why = try_commit(group);
  if (broken)
    return;
  last_took = std::chrono::steady_clock::now() - begun;
  if (!why)
    options.watching->committed(group.size(),
                                std::chrono::duration_cast<std::chrono::microseconds>(last_took));
  // A damaged record, or no room for one of them; only that one pays for it.
  if ((why.code == ec::internal || why.code == ec::storage_full) && group.size() > 1) {
    for (auto& x : group) {
      std::vector<request> alone;
      alone.push_back(std::move(x));
      commit_group(std::move(alone));
    }
    return;
  }
  if (auto* put = submission_of(group.front()); why && put && group.size() == 1)
    abandon(put->job.id);
  if (!why) {
    settle(group);
    tell(group); // whoever is answered finds it in the figures
  }
  answer(group, why);
  if (!why)
    announce(group);
}

/// None if the group is durable. What is neither lack of room nor damage is the end.
failure snapshotter_state::try_commit(std::vector<request>& group) {
  try {
    sync_folders(group);
    if (grows(group) && !reserve.allows_growth(*in))
      return fail(ec::storage_full);
    batch.emplace(*in);
    for (auto& x : group)
      write(x, group.size() == 1);
    auto to_send = batch->outbox_touched();
    batch->commit();
    pass_crash_points(group);
    batch.reset();
    if (to_send && options.outbox_touched)
      options.outbox_touched();
    return {};
  } catch (const store_error& error) {
    batch.reset();
    if (error.full() || error.damaged())
      return fail(error.full() ? ec::storage_full : ec::internal);
    die(error.what());
  } catch (const std::system_error& error) {
    batch.reset();
    if (lacks_room(error.code().value()))
      return fail(ec::storage_full);
    die(error.what());
  }
  return fail(ec::internal);
}

void snapshotter_state::die(const std::string& why) {
  broken = true;
  options.fatal(why);
}

/// A large job that was refused may have been written in part. If even this finds no room, recovery
/// does it.
void snapshotter_state::abandon(job_id id) {
  constexpr std::uint32_t records_per_commit = 1'000;
  try {
    for (auto done = false; !done;) {
      write_batch erasing{*in};
      done = erasing.erase_records(id, records_per_commit);
      erasing.undoom(id); // whoever submitted the job removes its folder
      erasing.commit();
    }
  } catch (const store_error&) {
    return;
  }
}

/// Bytes first, then the record that names them: every folder entry is synced before the commit.
void snapshotter_state::sync_folders(const std::vector<request>& group) const {
  std::set<job_id> touched;
  auto new_folders = false;
  for (const auto& x : group) {
    if (auto* put = submission_of(x); put && !put->job.sources_inline)
      new_folders = true; // its own entries were synced by keep_source()
    if (auto* update = update_of(x); update && update->folder_touched)
      touched.insert(update->job.id);
  }
  for (const auto& job : touched)
    files->sync_folder(job);
  if (!touched.empty())
    crash_point("publish.folder-synced");
  if (new_folders || !touched.empty())
    files->sync_live();
  if (!touched.empty())
    crash_point("publish.parent-synced");
  if (new_folders)
    crash_point("accept.parent-synced");
}

void snapshotter_state::write(request& what, bool alone) {
  if (auto* put = submission_of(what)) {
    if (above_storage_limit(*put))
      what.why = fail(ec::storage_limit);
    else
      write_job(*put, alone);
  } else if (auto* update = update_of(what)) {
    write_update(*update);
  } else {
    try {
      (*std::get<write_function>(what.what))(*batch);
    } catch (const std::invalid_argument& refusal) {
      what.why = fail(ec::already_exists, refusal.what());
    } catch (const write_refused& refusal) {
      what.why = refusal.why();
    }
  }
}

/// Asked here once more, where uploads that came in at the same time are counted.
bool snapshotter_state::above_storage_limit(const submission& what) const {
  if (what.account_storage_max == 0)
    return false;
  auto used = batch->totals(what.job.account).storage_bytes();
  return used + what.job.source_bytes > what.account_storage_max;
}

/// A large job is `uploading` until its last commit; if we die before, recovery erases it.
void snapshotter_state::write_job(const submission& what, bool alone) {
  auto job = what.job;
  job.state = job_state::uploading;
  batch->put_job(job);
  batch->put_spec(job.id, what.spec);
  if (what.callback)
    batch->put_callback(job.id, *what.callback);
  if (job.sources_inline)
    batch->put_inline_sources(job.id, what.sources->memory());
  for (const auto& file : what.files) {
    batch->put_file(job.id, file);
    if (alone)
      commit_if_large();
  }
  batch->put_job(as_accepted(job));
  if (what.idempotency)
    batch->put_idempotency(*what.idempotency);
  if (what.counts_in != 0)
    batch->count_requests(job.account, what.counts_in, 1);
}

void snapshotter_state::write_update(const job_update& what) {
  for (const auto& file : what.files)
    batch->put_file(what.job.id, file);
  for (const auto& output : what.outputs)
    batch->put_inline_output(output.id, *output.bytes);
  if (what.job_changed)
    batch->put_job(what.job);
}

void snapshotter_state::commit_if_large() {
  if (batch->bytes() < commit_bytes_max)
    return;
  batch->commit();
  crash_point("accept.part-committed");
  if (!reserve.allows_growth(*in)) // what has been written of the job is erased from the reserve
    throw store_error{"store: no room for a large job", store_error::kind::full};
  batch.emplace(*in);
}

void snapshotter_state::answer(std::vector<request>& group, const failure& why) {
  for (auto& x : group)
    if (x.reply)
      x.reply->deliver(why ? why : x.why);
}

/// The folders of jobs that are final move out of recovery's way. Nothing depends on it.
void snapshotter_state::settle(const std::vector<request>& group) const {
  for (const auto& x : group)
    if (auto* update = update_of(x);
        update && is_final(update->job.state) && !is_all_inline(*update))
      try {
        files->settle(update->job.id);
      } catch (const std::system_error&) {
        // It stays in live; reading looks there too, and recovery tries again.
      }
}

void snapshotter_state::announce(const std::vector<request>& group) const {
  if (!options.committed)
    return;
  std::map<job_id, job_state> touched; // the last word counts
  for (const auto& x : group) {
    if (auto* put = submission_of(x); put && !x.why)
      touched[put->job.id] = job_state::pending;
    if (auto* update = update_of(x); update && update->job_changed)
      touched[update->job.id] = update->job.state;
  }
  std::vector<job_change> changes;
  for (const auto& [id, state] : touched)
    changes.push_back({id, state});
  if (!changes.empty())
    options.committed(changes);
}

/// What has become durable, for figures.
void snapshotter_state::tell(const std::vector<request>& group) const {
  for (const auto& x : group) {
    if (auto* put = submission_of(x); put && !x.why)
      options.watching->job_accepted(put->job);
    auto* update = update_of(x);
    if (update == nullptr)
      continue;
    for (const auto& file : update->files)
      if (is_final(file.progress.state))
        options.watching->file_ended(file);
    if (update->job_changed && is_final(update->job.state))
      options.watching->job_ended(update->job);
  }
}

/// What waits for its commit has been asked for before the stop.
void snapshotter_state::stop(const caf::error& reason) {
  flush();
  self->quit(reason);
}

snapshotter_actor::behavior_type snapshotter(snapshotter_state::pointer self, store* in,
                                             const job_files* files, snapshotter_options options) {
  auto& st = self->state;
  st.in = in;
  st.files = files;
  st.options = std::move(options);
  die_on_exception(self, st.options.fatal);
  self->set_exit_handler([&st](const caf::exit_msg& x) { st.stop(x.reason); });
  return {
    [&st](atom::put, submission_ptr& what) { return st.add(std::move(what)); },
    [&st](atom::save, job_update_ptr& what) { return st.add(std::move(what)); },
    [&st](atom::note, job_update_ptr& what) { st.enqueue(std::move(what), std::nullopt); },
    [&st](atom::write, write_function& what) { return st.add(std::move(what)); },
    [&st](atom::load, job_id id) { return st.load(id); },
    [&st](atom::load, job_id id, std::uint32_t from, std::uint32_t limit) {
      return st.load_files(id, from, limit);
    },
    [&st](atom::flush) { st.flush(); },
    [&st](atom::tick) { st.end_patience(); },
  };
}

} // namespace convertd
