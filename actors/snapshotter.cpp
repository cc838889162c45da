#include "actors/snapshotter.hpp"

#include "job/test_hooks.hpp"

#include <algorithm>
#include <set>
#include <stdexcept>
#include <system_error>

namespace convertd {

namespace {

/// The job's new record, if the request is a step of a job.
const job_update* update_of(const snapshotter_state::request& x) {
  auto* found = std::get_if<job_update_ptr>(&x.what);
  return found ? found->get() : nullptr;
}

const submission* submission_of(const snapshotter_state::request& x) {
  auto* found = std::get_if<submission_ptr>(&x.what);
  return found ? found->get() : nullptr;
}

bool is_no_space(const std::system_error& error) {
  return error.code() == std::errc::no_space_on_device || error.code() == std::errc::file_too_large;
}

} // namespace

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
  // Everything that is in the mailbox by now comes before the flush and joins its commit.
  if (waiting.empty())
    self->send(self, atom::flush_v);
  waiting.push_back({std::move(what), std::move(reply), {}});
}

job_reply snapshotter_state::load(job_id id) const {
  if (auto found = read_view{*in}.job(id))
    return {std::move(*found), {}};
  return {{}, fail(ec::not_found)};
}

void snapshotter_state::flush() {
  auto group = std::exchange(waiting, {});
  if (broken)
    return;
  try {
    sync_folders(group);
    batch.emplace(*in);
    for (auto& x : group)
      write(x);
    batch->commit();
    batch.reset();
  } catch (const store_error& error) {
    batch.reset();
    if (error.full())
      return answer(group, fail(ec::storage_full));
    broken = true;
    return options.fatal(error.what());
  } catch (const std::system_error& error) {
    batch.reset();
    if (is_no_space(error))
      return answer(group, fail(ec::storage_full));
    broken = true;
    return options.fatal(error.what());
  }
  settle(group);
  answer(group, {});
  announce(group);
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
  if (new_folders || !touched.empty())
    files->sync_live();
}

void snapshotter_state::write(request& what) {
  if (auto* put = submission_of(what))
    write_job(*put);
  else if (auto* update = update_of(what))
    write_update(*update);
  else
    try {
      (*std::get<write_function>(what.what))(*batch);
    } catch (const std::invalid_argument& refusal) {
      what.why = fail(ec::already_exists, refusal.what());
    }
  commit_if_large();
}

/// A large job is `uploading` until its last commit; if we die before, recovery erases it.
void snapshotter_state::write_job(const submission& what) {
  auto job = what.job;
  job.state = job_state::uploading;
  batch->put_job(job);
  batch->put_spec(job.id, what.spec);
  if (job.sources_inline)
    batch->put_inline_sources(job.id, what.sources->memory());
  for (const auto& file : what.files) {
    batch->put_file(job.id, file);
    commit_if_large();
  }
  job.state = next(job.state, job_event::accept).value_or(job_state::pending);
  ++job.change;
  batch->put_job(job);
}

void snapshotter_state::write_update(const job_update& what) {
  for (const auto& file : what.files)
    batch->put_file(what.job.id, file);
  for (const auto& output : what.outputs)
    batch->put_inline_output(output.id, *output.bytes);
  batch->put_job(what.job);
}

void snapshotter_state::commit_if_large() {
  if (batch->bytes() < commit_bytes_max)
    return;
  batch->commit();
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
    if (auto* update = update_of(x); update && is_final(update->job.state))
      try {
        files->settle(update->job.id);
      } catch (const std::system_error&) {
        // It stays in live; reading looks there too, and recovery tries again.
      }
}

void snapshotter_state::announce(const std::vector<request>& group) const {
  if (!options.committed)
    return;
  std::vector<job_id> ids;
  for (const auto& x : group) {
    if (auto* put = submission_of(x))
      ids.push_back(put->job.id);
    if (auto* update = update_of(x))
      ids.push_back(update->job.id);
  }
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  if (!ids.empty())
    options.committed(ids);
}

snapshotter_actor::behavior_type snapshotter(snapshotter_state::pointer self, store* in,
                                             const job_files* files, snapshotter_options options) {
  auto& st = self->state;
  st.in = in;
  st.files = files;
  st.options = std::move(options);
  return {
    [&st](atom::put, submission_ptr& what) { return st.add(std::move(what)); },
    [&st](atom::save, job_update_ptr& what) { return st.add(std::move(what)); },
    [&st](atom::note, job_update_ptr& what) { st.enqueue(std::move(what), std::nullopt); },
    [&st](atom::write, write_function& what) { return st.add(std::move(what)); },
    [&st](atom::load, job_id id) { return st.load(id); },
    [&st](atom::load, job_id id, std::uint32_t from, std::uint32_t limit) {
      return read_view{*st.in}.files(id, from, limit);
    },
    [&st](atom::flush) { st.flush(); },
  };
}

} // namespace convertd
