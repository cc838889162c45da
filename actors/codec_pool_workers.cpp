// How the pool stops what its workers do: of a job that is cancelled, or that hangs.
#include "actors/codec_pool.hpp"

#include <algorithm>
#include <csignal>
#include <sys/syscall.h>
#include <unistd.h>
#include <utility>

namespace convertd {

namespace {

using namespace std::chrono_literals;

/// Beyond what a worker allows itself, so that only a worker that hangs is given up.
constexpr auto worker_grace = 30s;
constexpr auto look_interval = 1s;

void kill_process(const process_ptr& process) {
  if (process)
    ::syscall(SYS_pidfd_send_signal, process->get(), SIGKILL, nullptr, 0);
}

} // namespace

void codec_pool_state::forget(job_id job) {
  drop_queued([&](const queued_file& x) { return x.task->job == job; },
              ended_as(file_outcome::kind::refused, fail(ec::cancelled)));
  for (std::size_t at = 0; at < slots.size(); ++at) {
    auto& x = slots[at];
    if (!x.busy || x.file.task->job != job)
      continue;
    x.forgotten = true;
    if (std::erase(held, at) == 0) {
      kill_process(x.process);
      continue;
    }
    self->send(x.worker, atom::skip_v); // it waits for memory: nothing runs that could be killed
    finish(at, ended_as(file_outcome::kind::refused, fail(ec::cancelled)));
  }
}

/// A file that hangs while its header is read can be cancelled too.
void codec_pool_state::on_process(const caf::actor_addr& worker, process_ptr process) {
  auto of = std::ranges::find_if(slots, [&](const slot& x) { return x.worker == worker; });
  if (of == slots.end() || !of->busy)
    return;
  of->process = std::move(process);
  if (of->forgotten)
    kill_process(of->process);
}

/// Not by a timeout of the request: the clock of CAF 0.17 keeps that when the answer has come, and
/// wakes the actor for it at its time.
void codec_pool_state::expect_answer(std::size_t at, std::chrono::milliseconds time) {
  slots[at].overdue = self->clock().now() + time + worker_grace;
  if (!std::exchange(looking, true))
    self->delayed_send(self, look_interval, atom::tick_v);
}

void codec_pool_state::replace_overdue() {
  for (std::size_t at = 0; at < slots.size(); ++at)
    if (slots[at].overdue <= self->clock().now())
      replace_worker(at);
  looking = std::ranges::any_of(slots, [](const slot& x) { return x.overdue != never; });
  if (looking)
    self->delayed_send(self, look_interval, atom::tick_v);
}

/// A worker that threw or hangs is a bug; it costs one attempt of one file.
void codec_pool_state::replace_worker(std::size_t at) {
  kill_process(slots[at].process);
  self->send_exit(slots[at].worker, caf::exit_reason::kill);
  slots[at].worker = options.make_worker();
  slots[at].process = nullptr;
  finish(at, ended_as(file_outcome::kind::interrupted, fail(ec::interrupted)));
}

void codec_pool_state::stop(const caf::error& reason) {
  for (auto& x : slots) {
    kill_process(x.process);
    self->send_exit(x.worker, caf::exit_reason::user_shutdown);
  }
  self->quit(reason);
}

} // namespace convertd
