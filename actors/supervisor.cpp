#include "actors/supervisor.hpp"

#include "storage/store.hpp"

#include <algorithm>
#include <cstdint>
#include <optional>

namespace convertd {

namespace {

waiting_job waiting_of(const submission& x) {
  return {x.job.id,           x.job.account,      x.job.files_total,
          x.account_jobs_max, x.job.source_bytes, x.spec.priority};
}

std::optional<fresh_job> fresh(const submission* made) {
  if (made == nullptr)
    return std::nullopt;
  auto end = made->files.begin() + std::min<std::size_t>(made->files.size(), files_at_hand_max);
  return fresh_job{as_accepted(made->job), {made->files.begin(), end}};
}

/// Requests that are written in one commit, if no other gives an occasion.
constexpr std::chrono::seconds counts_kept_for{1};
constexpr std::chrono::seconds look_within{3};

} // namespace

void supervisor_state::submit(const submit_order_ptr& order) {
  auto files = order->what.job.files_total;
  if (gauge->draining || gauge->files + files > options.queue_files_max)
    return settle(*order, fail(gauge->draining ? ec::shutting_down : ec::queue_full));
  auto job = waiting_of(order->what);
  admit(job);
  self->request(snapshots, caf::infinite, atom::put_v, submission_ptr{order, &order->what})
    .then([this, order, job](const failure& why) {
      settle(*order, why);
      if (why)
        let_go(job);
      else
        enqueue(job, &order->what);
    });
}

void supervisor_state::settle(const submit_order& order, const failure& why) {
  if (why && why.code != ec::internal && !order.what.job.sources_inline)
    self->send(pruning, atom::forget_v, order.what.job.id);
  order.settled(why);
}

void supervisor_state::admit(const waiting_job& job) {
  gauge->files += job.files;
  gauge->bytes += job.bytes;
}

void supervisor_state::let_go(const waiting_job& job) {
  gauge->files -= job.files;
  gauge->bytes -= job.bytes;
}

std::size_t supervisor_state::jobs_max_of(account_id account) const {
  auto found = plan_max.find(account);
  auto by_plan = found == plan_max.end() ? 0 : found->second;
  return by_plan == 0 ? options.jobs_per_account_max : by_plan;
}

/// What is made this moment is at hand still. Whatever waits is read again when its turn comes, so
/// that a long queue takes little memory.
void supervisor_state::enqueue(const waiting_job& job, const submission* made) {
  plan_max[job.account] = job.account_jobs_max;
  waiting.push(job.account, job, 1, level_of(job.priority));
  waiting_by_id.emplace(job.id, job);
  schedule(made);
}

void supervisor_state::schedule(const submission* made) {
  auto may_run = [this](const waiting_job& next) {
    auto found = running_of.find(next.account);
    return found == running_of.end() || found->second < jobs_max_of(next.account);
  };
  while (!gauge->draining && running.size() < options.jobs_max) {
    auto job = waiting.pop(may_run);
    if (!job)
      return;
    waiting_by_id.erase(job->id);
    run(*job, 0, made != nullptr && made->job.id == job->id ? made : nullptr);
  }
}

void supervisor_state::run(const waiting_job& job, int restarts, const submission* made) {
  auto with = options.runner;
  with.priority = job.priority;
  auto runner =
    self->spawn<caf::monitored>(job_runner, job.id, fresh(made), snapshots, codecs, with);
  id_of.emplace(runner.address(), job.id);
  running.insert_or_assign(job.id, running_job{job, std::move(runner), restarts});
  if (restarts == 0)
    ++running_of[job.account];
}

void supervisor_state::on_down(const caf::down_msg& x) {
  auto found = id_of.find(x.source);
  if (found == id_of.end())
    return;
  auto id = found->second;
  id_of.erase(found);
  if (requests.count(id) > 0)
    return end_request(id, x.reason);
  auto ended = running.at(id);
  if (x.reason && !gauge->draining) {
    options.log("the runner of job " + to_text(ended.job.id) + " failed");
    self->send(codecs, atom::forget_v, id); // what it had at work would end for nobody
    return replace_runner(id);
  }
  forget(ended.job);
}

/// Once what the runner had sent to the store is committed: its successor would else begin with an
/// older record, and write that.
void supervisor_state::replace_runner(job_id id) {
  auto nothing = std::make_shared<const std::function<void(write_batch&)>>([](write_batch&) {});
  auto go_on = [this, id] {
    auto ended = running.at(id);
    if (gauge->draining)
      return forget(ended.job);
    ended.restarts < restarts_max ? run(ended.job, ended.restarts + 1) : fail_for_good(ended.job);
  };
  self->request(snapshots, caf::infinite, atom::write_v, write_function{nothing})
    .then([go_on](const failure&) { go_on(); }, [go_on](const caf::error&) { go_on(); });
}

void supervisor_state::end_request(job_id id, const caf::error& reason) {
  auto order = std::move(requests.at(id).order);
  requests.erase(id);
  if (reason && !gauge->draining)
    options.log("the runner of request " + to_text(id) + " failed");
  if (reason)
    order->done({fail(gauge->draining ? ec::shutting_down : ec::internal), {}, {}});
  note_rate(static_cast<std::uint32_t>(order->what.files.size()));
  reply_if_drained();
}

void supervisor_state::forget(const waiting_job& ended) {
  running.erase(ended.id);
  let_go(ended);
  if (--running_of[ended.account] == 0)
    running_of.erase(ended.account);
  note_rate(ended.files);
  schedule();
  reply_if_drained();
}

/// A job that no runner can drive does not stay `processing` for ever.
void supervisor_state::fail_for_good(const waiting_job& job) {
  self->request(snapshots, caf::infinite, atom::load_v, job.id)
    .then(
      [this, job](const job_reply& found) {
        auto failed =
          convertd::cancel(found.job, true, options.runner.now(), options.runner.retention);
        if (!found.why && failed) {
          failed->error = ec::internal;
          failed->error_message = sentence_of(ec::internal);
          ++failed->change;
          auto update = std::make_shared<job_update>();
          update->job = *failed;
          self->send(snapshots, atom::note_v, job_update_ptr{update});
        }
        forget(job);
      },
      [this, job](const caf::error&) { forget(job); });
}

/// A moving average over the jobs that end.
void supervisor_state::note_rate(std::uint32_t files_ended) {
  using namespace std::chrono;
  auto now = steady_clock::now();
  auto elapsed = std::max<double>(duration<double, std::ratio<3600>>(now - last_end).count(), 1e-7);
  last_end = now;
  auto latest = files_ended / elapsed;
  auto before = static_cast<double>(gauge->files_per_hour.load());
  auto average = before == 0 ? latest : before * 0.9 + latest * 0.1;
  gauge->files_per_hour = static_cast<std::uint64_t>(std::max(average, 1.0));
}

caf::result<job_reply> supervisor_state::cancel(account_id account, job_id id, bool force) {
  auto waits = waiting_by_id.find(id);
  auto runs = running.find(id);
  if ((waits != waiting_by_id.end() && waits->second.account != account)
      || (runs != running.end() && runs->second.job.account != account))
    return job_reply{{}, fail(ec::not_found)};
  if (waits != waiting_by_id.end())
    return cancel_waiting(waits->second, force);
  if (runs != running.end())
    return cancel_running(runs->second.runner, force);
  return job_reply{{}, fail(ec::not_cancellable)};
}

/// Its runner may end meanwhile, as its job does.
caf::result<job_reply> supervisor_state::cancel_running(const job_runner_actor& runner,
                                                        bool force) {
  auto reply = self->make_response_promise<job_reply>();
  self->request(runner, caf::infinite, atom::cancel_v, force)
    .then([reply](const job_reply& found) mutable { reply.deliver(found); },
          [reply](const caf::error&) mutable {
            reply.deliver(job_reply{{}, fail(ec::not_cancellable)});
          });
  return reply;
}

/// A job that waits is driven by nobody else: its record is read, cancelled and saved from here.
caf::result<job_reply> supervisor_state::cancel_waiting(const waiting_job& doomed, bool force) {
  auto job = doomed;
  waiting_by_id.erase(job.id);
  waiting.erase_if([&](const waiting_job& x) { return x.id == job.id; });
  auto reply = self->make_response_promise<job_reply>();
  self->request(snapshots, caf::infinite, atom::load_v, job.id)
    .then([this, reply, job, force](const job_reply& found) mutable {
      auto cancelled =
        convertd::cancel(found.job, force, options.runner.now(), options.runner.retention);
      if (found.why || !cancelled) { // processing, since before a restart: it goes on
        enqueue(job);
        reply.deliver(job_reply{found.job, fail(ec::not_cancellable)});
        return;
      }
      ++cancelled->change;
      auto update = std::make_shared<job_update>();
      update->job = *cancelled;
      self->request(snapshots, caf::infinite, atom::save_v, job_update_ptr{update})
        .then([this, reply, job, update](const failure& why) mutable {
          if (why)
            enqueue(job);
          else
            let_go(job);
          reply.deliver(job_reply{update->job, why});
        });
    });
  return reply;
}

void supervisor_state::begin(const sync_order_ptr& order) {
  if (gauge->draining)
    return order->done({fail(ec::shutting_down), {}, {}});
  auto runner = self->spawn<caf::monitored>(request_runner, order, codecs, options.request);
  id_of.emplace(runner.address(), order->what.id);
  requests.emplace(order->what.id, running_request{order, std::move(runner)});
}

void supervisor_state::give_up(job_id request) {
  if (auto found = requests.find(request); found != requests.end())
    self->send(found->second.runner, atom::cancel_v);
}

void supervisor_state::count(account_id account, month_number month) {
  ++uncounted[{account, month}];
  if (!std::exchange(counting, true))
    self->delayed_send(self, counts_kept_for, atom::flush_v);
}

/// What cannot be written now is tried again with what has come meanwhile.
void supervisor_state::write_counts() {
  if (uncounted.empty()) {
    counting = false;
    return reply_if_drained();
  }
  auto counts = std::exchange(uncounted, {});
  auto what = [counts](write_batch& batch) {
    for (const auto& [key, more] : counts)
      batch.count_requests(key.first, key.second, more);
  };
  auto shared = std::make_shared<const std::function<void(write_batch&)>>(what);
  self->request(snapshots, caf::infinite, atom::write_v, write_function{shared})
    .then([this, counts](const failure& why) {
      if (!why)
        return write_counts();
      for (const auto& [key, more] : counts)
        uncounted[key] += more;
      self->delayed_send(self, counts_kept_for, atom::flush_v);
    });
}

caf::result<server_figures> supervisor_state::look() {
  auto reply = self->make_response_promise<server_figures>();
  server_figures x;
  x.queue_files = gauge->files;
  x.queue_bytes = gauge->bytes;
  x.queue_files_max = options.queue_files_max;
  x.files_per_hour = gauge->files_per_hour;
  x.oldest_age = oldest_age();
  x.jobs_pending = waiting.size();
  x.jobs_processing = running.size();
  x.draining = gauge->draining;
  self->request(codecs, look_within, atom::look_v)
    .then(
      [reply, x](pool_figures& pool) mutable {
        x.pool = std::move(pool);
        reply.deliver(std::move(x));
      },
      [reply, x](const caf::error&) mutable { reply.deliver(std::move(x)); });
  return reply;
}

/// Ids hold the time that they were made at.
milliseconds supervisor_state::oldest_age() const {
  std::optional<job_id> oldest;
  auto look_at = [&](const job_id& x) { oldest = oldest ? std::min(*oldest, x) : x; };
  for (const auto& [id, x] : waiting_by_id)
    look_at(id);
  for (const auto& [id, x] : running)
    look_at(id);
  return oldest ? std::max(milliseconds{0}, wall_clock() - time_of(oldest->bytes))
                : milliseconds{0};
}

caf::result<bool> supervisor_state::drain() {
  auto reply = self->make_response_promise<bool>();
  gauge->draining = true;
  drained.push_back(reply);
  self->send(codecs, atom::drain_v);
  for (auto& [id, x] : running)
    self->send(x.runner, atom::drain_v);
  if (counting)
    write_counts(); // at once
  reply_if_drained();
  return reply;
}

void supervisor_state::reply_if_drained() {
  if (!running.empty() || !requests.empty() || counting)
    return;
  for (auto& reply : std::exchange(drained, {}))
    reply.deliver(true);
}

/// Runners are monitored, not linked: they have to be told.
void supervisor_state::stop(const caf::error& reason) {
  for (auto& [id, x] : running)
    self->send_exit(x.runner, caf::exit_reason::user_shutdown);
  for (auto& [id, x] : requests)
    self->send_exit(x.runner, caf::exit_reason::user_shutdown);
  self->quit(reason);
}

supervisor_actor::behavior_type
supervisor(supervisor_state::pointer self, snapshotter_actor snapshots, codec_pool_actor codecs,
           pruner_actor pruning, std::shared_ptr<queue_gauge> gauge, supervisor_options options) {
  auto& st = self->state;
  st.pruning = std::move(pruning);
  st.snapshots = std::move(snapshots);
  st.codecs = std::move(codecs);
  st.gauge = std::move(gauge);
  st.options = std::move(options);
  die_on_exception(self, st.options.fatal);
  self->set_exit_handler([&st](const caf::exit_msg& x) { st.stop(x.reason); });
  self->set_down_handler([&st](const caf::down_msg& x) { st.on_down(x); });
  return {
    [&st](atom::submit, const submit_order_ptr& order) { st.submit(order); },
    [&st](atom::resume, const waiting_job& job) {
      st.admit(job);
      st.enqueue(job);
    },
    [&st](atom::cancel, account_id account, job_id id, bool force) {
      return st.cancel(account, id, force);
    },
    [self, &st](atom::write, write_function& what) -> caf::result<failure> {
      return self->delegate(st.snapshots, atom::write_v, std::move(what));
    },
    [&st](atom::submit, const sync_order_ptr& order) { st.begin(order); },
    [&st](atom::forget, job_id request) { st.give_up(request); },
    [&st, self](atom::erase, account_id account, job_id id) {
      return self->delegate(st.pruning, atom::erase_v, account, id);
    },
    [&st](atom::count, account_id account, month_number month) { st.count(account, month); },
    [&st](atom::flush) { st.write_counts(); },
    [&st](atom::look) { return st.look(); },
    [&st](atom::drain) { return st.drain(); },
  };
}

} // namespace convertd
