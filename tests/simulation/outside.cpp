#include "tests/simulation/outside.hpp"

#include "job/limits.hpp"
#include "storage/fd.hpp"
#include "tests/support/records.hpp"

#include <caf/typed_event_based_actor.hpp>

#include <chrono>
#include <stdexcept>

namespace convertd {

namespace {

using kind = file_outcome::kind;

constexpr std::uint32_t convert_ms_max = 2'000;

file_outcome ended(kind what, ec why) {
  file_outcome x;
  x.what = what;
  x.why = fail(why);
  return x;
}

/// Invariants 3 and 4 of the design, as they look from a worker that is handed a file.
void check_task(outside& with, const file_task& task) {
  auto file = read_view{with.records}.file(task.job, task.file.index);
  if (!file)
    return with.violation("a file that no record names was tried");
  if (is_final(file->progress.state))
    with.violation("a file that had ended was tried again");
  if (with.at_work.count({task.job, task.file.index}) > 0)
    with.violation("a file is at two workers");
  if (file->progress.crashes < with.deaths[{task.job, task.file.index}]
      && with.excused.count(task.job) == 0)
    with.violation("a file was tried again before its decoder's death was durable");
}

/// An output whose bytes are its id, so that it can be told from any other attempt's.
file_outcome publish(outside& with, const file_task& task) {
  file_outcome x;
  x.what = kind::converted;
  x.result.id = mint<file_id>(with.now());
  x.result.stored_inline = with.random.one_in(2);
  auto bytes = to_text(x.result.id);
  x.result.size = bytes.size();
  if (x.result.stored_inline) {
    x.bytes = std::make_shared<const std::string>(bytes);
    return x;
  }
  auto fd = with.files.nameless();
  write_all(fd.get(), bytes, "write an output");
  with.files.keep_output(task.job, task.file.index, fd.get());
  return x;
}

file_outcome end_of(outside& with, const file_task& task) {
  switch (with.random.below(12)) {
    case 0:
      ++with.deaths[{task.job, task.file.index}];
      return ended(kind::died, ec::decoder_crashed);
    case 1: return ended(kind::interrupted, ec::interrupted);
    case 2: return ended(kind::refused, ec::decode_failed);
    case 3: return ended(kind::postponed, ec::storage_full);
    default: return publish(with, task);
  }
}

probe_outcome look_at(outside& with, const file_task& task, bool may_go_at_once) {
  probe_outcome x;
  auto side = with.random.one_in(6) ? 5'000U : 100U;
  x.header = {image_format::png, side, side, 1, 8, false, 1};
  if (with.random.one_in(8)) {
    x.ended = with.random.one_in(2) ? ended(kind::refused, ec::unsupported_input)
                                    : ended(kind::postponed, ec::storage_full);
  } else if (with.random.one_in(20)) {
    ++with.deaths[{task.job, task.file.index}];
    x.ended = ended(kind::died, ec::decoder_crashed);
  } else if (may_go_at_once && goes_at_once(x.header, task.file.what) && with.random.one_in(2)) {
    x.ended = end_of(with, task);
  }
  return x;
}

/// CAF would say on stderr what is meant to happen here.
template <class Self>
void fail_in_silence(Self* self) {
  self->set_exception_handler(
    [](std::exception_ptr&) { return caf::make_error(caf::sec::runtime_error); });
}

} // namespace

codec_worker_actor::behavior_type simulated_worker(simulated_worker_pointer self, outside* with) {
  auto& st = self->state;
  fail_in_silence(self);
  return {
    [&st, with](atom::probe, file_task_ptr& task, bool may_go_at_once) {
      check_task(*with, *task);
      if (with->random.one_in(60))
        throw std::runtime_error{"a worker that fails"};
      auto x = look_at(*with, *task, may_go_at_once);
      st.task = x.ended ? nullptr : std::move(task);
      return x;
    },
    [&st, self, with](atom::convert, std::uint64_t) -> caf::result<file_outcome> {
      if (!with->at_work.insert({st.task->job, st.task->file.index}).second)
        with->violation("a file is converted by two workers");
      st.reply = self->make_response_promise<file_outcome>();
      self->delayed_send(self, std::chrono::milliseconds{with->random.below(convert_ms_max)},
                         atom::tick_v);
      return st.reply;
    },
    [&st](atom::skip) { st.task = nullptr; },
    [](atom::wake) {},
    [&st, with](atom::tick) {
      auto task = std::exchange(st.task, nullptr);
      with->at_work.erase({task->job, task->file.index});
      if (with->random.one_in(40))
        throw std::runtime_error{"a worker that fails"};
      st.reply.deliver(end_of(*with, *task));
    },
  };
}

webhook_courier_actor::behavior_type simulated_courier(webhook_courier_actor::pointer self,
                                                       outside* with) {
  fail_in_silence(self);
  return {
    [with](atom::post, const posting_ptr& what) {
      if (with->random.one_in(30))
        throw std::runtime_error{"a courier that fails"};
      attempt x;
      x.status = with->random.one_in(4) ? 503 : 200;
      auto job = read_view{with->records}.job(what->delivery.job);
      auto kind = what->delivery.kind;
      if (job && (kind == event_kind::completed || kind == event_kind::failed)
          && !is_final(job->state))
        with->violation("the end of a job was told that has not ended");
      if (x.status == 200)
        with->delivered.insert(what->delivery.id);
      return x;
    },
  };
}

caf::behavior simulated_client(caf::event_based_actor* self, supervisor_actor boss, told ears) {
  return {
    [=](atom::submit, const submission_ptr& what) {
      auto order = std::make_shared<submit_order>();
      order->what = *what;
      order->settled = [=](const failure& why) { ears.of_submission(*what, why); };
      self->send(boss, atom::submit_v, submit_order_ptr{std::move(order)});
    },
    [=](atom::cancel, account_id account, job_id id, bool force) {
      self->request(boss, caf::infinite, atom::cancel_v, account, id, force)
        .then([=](const job_reply& x) { ears.of_cancel(id, x.why); }, [](const caf::error&) {});
    },
    [=](atom::erase, account_id account, job_id id) {
      self->request(boss, caf::infinite, atom::erase_v, account, id)
        .then([=](const failure& why) { ears.of_erasure(id, why); }, [](const caf::error&) {});
    },
  };
}

} // namespace convertd
