#include "actors/codec_pool.hpp"

#include "job/test_hooks.hpp"

#include <algorithm>
#include <array>

namespace convertd {

namespace {

using namespace std::chrono_literals;

/// Whose turn a file takes, and in which lane.
struct place {
  lane where;
  account_id account;

  bool operator==(const place&) const = default;
};

place place_of(const file_task& task) {
  if (fault_wanted("first-come"))
    return {lane::behind, 0};
  return {task.is_sync() ? lane::ahead : lane::behind, task.account};
}

bool is_suspect(const codec_pool_state::queued_file& x) {
  return x.task->file.progress.interruptions >= suspect_after;
}

} // namespace

caf::result<file_outcome> codec_pool_state::accept(file_task_ptr task) {
  // Looked at first: a response promise takes the sender away.
  auto runner = caf::actor_cast<caf::actor_addr>(self->current_sender());
  auto reply = self->make_response_promise<file_outcome>();
  auto [where, account] = place_of(*task);
  auto cost = std::max(task->file.length, turn_cost_of_file);
  auto level = level_of(task->priority);
  queue.push(where, account, {std::move(task), reply, std::move(runner)}, cost, level);
  if (draining)
    drain();
  dispatch();
  return reply;
}

void codec_pool_state::drain() {
  draining = true;
  drop_queued([](const queued_file&) { return true; },
              ended_as(file_outcome::kind::postponed, fail(ec::shutting_down)));
}

/// Answers the files that wait and that `which` says so of.
void codec_pool_state::drop_queued(const std::function<bool(const queued_file&)>& which,
                                   const file_outcome& answer) {
  auto drop = [&](const queued_file& x) {
    if (!which(x))
      return false;
    auto reply = x.reply;
    reply.deliver(answer);
    return true;
  };
  queue.erase_if(drop);
  large.erase_if(drop);
}

void codec_pool_state::dispatch() {
  while (auto* from = due())
    start(from->take(), false);
  while (auto file = newcomer())
    start(std::move(*file), true);
}

void codec_pool_state::start(queued_file file, bool spare) {
  auto at = idle_slot(file.task->account);
  auto& to = slots[at];
  to.busy = true;
  to.spare = spare;
  to.forgotten = false;
  to.account = file.task->account;
  to.file = std::move(file);
  probe(at);
}

/// The queue whose front starts next, or null. They take turns; but nothing goes past a suspect
/// that waits until it is alone.
lanes<codec_pool_state::queued_file>* codec_pool_state::due() {
  std::array both{&queue, &large};
  if (large_is_due)
    std::ranges::reverse(both);
  for (auto* each : both)
    if (const auto* next = each->front(); next != nullptr && is_suspect(*next))
      return may_start(*next) ? each : nullptr;
  for (auto* each : both)
    if (const auto* next = each->front(); next != nullptr && may_start(*next)) {
      large_is_due = each == &queue;
      return each;
    }
  return nullptr;
}

bool codec_pool_state::may_start(const queued_file& file) const {
  auto busy = at_work();
  if (is_at_work(*file.task))
    return false;
  if (is_suspect(file) || suspect_at_work())
    return busy == 0;
  if (file.large && large_at_work() >= options.workers)
    return false;
  if (busy == slots.size())
    return false;
  return busy - spare_at_work() < options.workers || large_at_work() > 0;
}

/// A file whose account has nothing at work in its lane, taken out of its turn for a spare worker.
/// The workers themselves keep to the turns, so that no stream of newcomers starves what waits.
std::optional<codec_pool_state::queued_file> codec_pool_state::newcomer() {
  if (at_work() == slots.size() || suspect_at_work() || suspect_is_due()
      || fault_wanted("first-come"))
    return std::nullopt;
  return queue.take_if([&](const queued_file& x) {
    return !is_suspect(x) && std::ranges::none_of(slots, [&](const slot& y) {
      return y.busy && place_of(*y.file.task) == place_of(*x.task);
    });
  });
}

/// Of a runner that failed, most likely: whoever ends later would put its output in place of what
/// is recorded.
bool codec_pool_state::is_at_work(const file_task& what) const {
  return std::ranges::any_of(slots, [&](const slot& x) {
    return x.busy && x.file.task->job == what.job && x.file.task->file.index == what.file.index;
  });
}

bool codec_pool_state::suspect_at_work() const {
  return std::ranges::any_of(slots, [](const slot& x) { return x.busy && is_suspect(x.file); });
}

bool codec_pool_state::suspect_is_due() {
  return std::ranges::any_of(std::array{queue.front(), large.front()},
                             [](const auto* x) { return x != nullptr && is_suspect(*x); });
}

std::size_t codec_pool_state::at_work() const {
  return static_cast<std::size_t>(std::ranges::count_if(slots, &slot::busy));
}

std::size_t codec_pool_state::spare_at_work() const {
  return static_cast<std::size_t>(
    std::ranges::count_if(slots, [](const slot& x) { return x.busy && x.spare; }));
}

std::size_t codec_pool_state::large_at_work() const {
  return static_cast<std::size_t>(
    std::ranges::count_if(slots, [](const slot& x) { return x.busy && x.file.large; }));
}

/// True if the file turned out to be large and there are enough of those at work: it waits with its
/// like, and its worker is free.
bool codec_pool_state::set_aside(std::size_t at) {
  auto& from = slots[at];
  auto now_large = is_large(from.header, from.file.task->file.what);
  if (from.file.large || !now_large || fault_wanted("first-come"))
    return false;
  auto enough = large_at_work() >= options.workers;
  from.file.large = true;
  if (!enough)
    return false;
  self->send(from.worker, atom::skip_v);
  auto [where, account] = place_of(*from.file.task);
  auto pixels = from.header.pixels();
  auto level = level_of(from.file.task->priority);
  large.push(where, account, std::move(from.file), pixels, level);
  from.file = {};
  from.state = codec_state::idle;
  from.header = {};
  from.busy = false;
  dispatch();
  return true;
}

/// One whose process has seen the same account; else one with a fresh process, which costs no
/// start, best one that has had the time to make it.
std::size_t codec_pool_state::idle_slot(account_id of) const {
  auto rank = [&](const slot& x) {
    auto kind = x.busy ? 3 : x.account == of ? 0 : x.account ? 2 : 1;
    return std::pair{kind, x.died};
  };
  return static_cast<std::size_t>(std::ranges::min_element(slots, {}, rank) - slots.begin());
}

/// Calls `then` with the answer. A worker that was replaced meanwhile may still answer; that counts
/// for nothing.
template <class Answer, class Then, class... Words>
void codec_pool_state::ask_worker(std::size_t at, std::chrono::milliseconds time, Then then,
                                  Words... words) {
  expect_answer(at, time);
  auto asked = slots[at].worker;
  self->request(asked, caf::infinite, std::move(words)...)
    .then(
      [this, at, asked, then](const Answer& x) {
        if (slots[at].worker == asked)
          (this->*then)(at, x);
      },
      [this, at, asked](const caf::error&) {
        if (slots[at].worker == asked)
          replace_worker(at);
      });
}

void codec_pool_state::probe(std::size_t at) {
  auto& in = slots[at];
  in.taken_up = std::chrono::steady_clock::now();
  in.known = in.granted = {};
  in.wanted = at_once_memory;
  const auto& file = in.file;
  auto at_once = held.empty() && !file.large && take_memory(at);
  in.state = at_once ? codec_state::converting : codec_state::probing;
  auto runner = caf::actor_cast<caf::strong_actor_ptr>(file.runner);
  if (runner && !file.task->is_sync())
    self->send(caf::actor_cast<job_runner_actor>(runner), atom::started_v, file.task->file.index);
  ask_worker<probe_outcome>(at, at_once ? options.limits.time_max : 0ms,
                            &codec_pool_state::on_header, atom::probe_v, file.task, at_once);
}

void codec_pool_state::on_header(std::size_t at, const probe_outcome& x) {
  auto& in = slots[at];
  in.overdue = never;
  in.header = x.header;
  if (auto [where, account] = place_of(*in.file.task); !in.file.large) // else they were its cost
    queue.charge(where, account, x.header.pixels());
  if (x.ended) {
    if (x.ended->what == file_outcome::kind::converted) // all of it was work
      in.known = in.granted = in.taken_up;
    return finish(at, *x.ended);
  }
  give_back_memory(at);
  in.known = std::chrono::steady_clock::now();
  in.wanted = memory_needed(x.header, in.file.task->file.what);
  auto too_large = x.header.pixels() > options.limits.frame_pixels_max
                   || codec_working_set(in.wanted) > options.memory_total;
  if (in.forgotten || too_large) {
    self->send(in.worker, atom::skip_v);
    return finish(at, ended_as(file_outcome::kind::refused,
                               fail(in.forgotten ? ec::cancelled : ec::too_large)));
  }
  if (!set_aside(at))
    grant(at);
}

/// Large files get memory in the order in which they came. What is small, or what a client waits
/// for, may pass one that waits for memory: freely while other large files hold some, else so often
/// only.
bool codec_pool_state::may_pass_held(std::size_t at) const {
  if (held.empty())
    return true;
  if (slots[at].file.large && !slots[at].file.task->is_sync())
    return false;
  auto large_holds_some =
    std::ranges::any_of(slots, [](const slot& x) { return x.file.large && x.memory > 0; });
  return large_holds_some || held_passed < ahead_in_a_row_max;
}

void codec_pool_state::grant(std::size_t at) {
  if (!may_pass_held(at) || !take_memory(at))
    return hold(at);
  if (!held.empty())
    ++held_passed;
  convert(at);
}

void codec_pool_state::hold(std::size_t at) {
  slots[at].state = codec_state::waiting;
  held.push_back(at);
}

void codec_pool_state::grant_held() {
  while (!held.empty() && take_memory(held.front())) {
    auto at = held.front();
    held.pop_front();
    held_passed = 0;
    convert(at);
  }
}

bool codec_pool_state::take_memory(std::size_t at) {
  auto needed = codec_working_set(slots[at].wanted);
  if (memory_used + needed > options.memory_total)
    return false;
  slots[at].memory = needed;
  memory_used += needed;
  return true;
}

void codec_pool_state::give_back_memory(std::size_t at) {
  memory_used -= std::exchange(slots[at].memory, 0);
  grant_held();
}

void codec_pool_state::convert(std::size_t at) {
  auto& in = slots[at];
  in.state = codec_state::converting;
  in.granted = std::chrono::steady_clock::now();
  ask_worker<file_outcome>(at, options.limits.time_max, &codec_pool_state::finish, atom::convert_v,
                           in.wanted);
}

/// The next file's start is told before this one's end, so that both are in one commit: nobody
/// waits for the former. And the worker has it a little sooner.
void codec_pool_state::finish(std::size_t at, file_outcome result) {
  auto& from = slots[at];
  if (from.forgotten && result.what != file_outcome::kind::converted)
    result = ended_as(file_outcome::kind::refused, fail(ec::cancelled));
  if (result.what == file_outcome::kind::died) {
    from.account.reset();
    from.died = std::chrono::steady_clock::now();
  }
  tell(from, result);
  auto reply = std::move(from.file.reply);
  from.overdue = never;
  from.file = {};
  from.header = {};
  from.busy = false;
  from.state = codec_state::idle;
  give_back_memory(at);
  dispatch();
  reply.deliver(std::move(result));
}

codec_pool_actor::behavior_type codec_pool(codec_pool_state::pointer self,
                                           codec_pool_options options) {
  auto& st = self->state;
  die_on_exception(self, options.fatal);
  self->set_exit_handler([&st](const caf::exit_msg& x) { st.stop(x.reason); });
  st.options = std::move(options);
  st.slots.resize(st.options.workers + spare_workers);
  for (auto& x : st.slots)
    x.worker = st.options.make_worker();
  return {
    [&st](atom::convert, file_task_ptr& task) { return st.accept(std::move(task)); },
    [&st](atom::forget, job_id job) { st.forget(job); },
    [&st, self](atom::started, process_ptr& process) {
      st.on_process(caf::actor_cast<caf::actor_addr>(self->current_sender()), std::move(process));
    },
    [&st](atom::look) { return st.look(); },
    [&st](atom::drain) { st.drain(); },
    [&st](atom::tick) { st.replace_overdue(); },
  };
}

} // namespace convertd
