#include "actors/request_runner.hpp"

#include "actors/file_attempt.hpp"

#include <utility>

namespace convertd {

void request_runner_state::pump() {
  while (!ended && !resting && !ready.empty() && in_flight < options.files_in_flight) {
    auto index = ready.front();
    ready.pop_front();
    convert(index);
  }
  if (!ended && ready.empty() && in_flight == 0)
    finish();
}

void request_runner_state::convert(std::uint32_t index) {
  ++in_flight;
  auto task = std::make_shared<file_task>();
  task->job = order->what.id;
  task->account = order->what.account;
  task->sources = order->what.sources;
  task->file = result.files.at(index);
  self->request(codecs, caf::infinite, atom::convert_v, file_task_ptr{task})
    .then([this, index](const file_outcome& outcome) { on_outcome(index, outcome); },
          [this, index](const caf::error&) {
            on_outcome(index, {}); // the pool went away: an interruption
          });
}

void request_runner_state::on_outcome(std::uint32_t index, const file_outcome& outcome) {
  --in_flight;
  if (ended)
    return;
  if (outcome.what == file_outcome::kind::postponed)
    return on_postponed(index, outcome.why);
  auto& file = result.files.at(index);
  end_attempt(file, outcome);
  if (file.progress.state == file_state::completed) {
    output_bytes += outcome.result.size;
    result.outputs.at(index) = {outcome.bytes, outcome.file};
  } else if (!is_final(file.progress.state)) {
    ready.push_front(index);
  }
  if (output_bytes > options.output_bytes_max)
    return give_up(fail(ec::file_too_large, "The results are larger than 100 MiB in all; send the "
                                            "files to POST /api/jobs."));
  pump();
}

/// Nothing was tried. Of what will not be better soon the client is told at once.
void request_runner_state::on_postponed(std::uint32_t index, const failure& why) {
  if (why.code == ec::shutting_down || why.code == ec::storage_full)
    return give_up(fail(why.code));
  ready.push_front(index);
  if (!std::exchange(resting, true))
    self->delayed_send(self, options.retry_after, atom::resume_v);
}

void request_runner_state::resume() {
  resting = false;
  pump();
}

void request_runner_state::finish() {
  ended = true;
  order->done(std::move(result));
  self->quit();
}

void request_runner_state::give_up(failure why) {
  result = {};
  result.why = std::move(why);
  self->send(codecs, atom::forget_v, order->what.id);
  finish();
}

void request_runner_state::cancel() {
  ended = true;
  self->send(codecs, atom::forget_v, order->what.id);
  self->quit();
}

request_runner_actor::behavior_type request_runner(request_runner_state::pointer self,
                                                   sync_order_ptr order, codec_pool_actor codecs,
                                                   const request_runner_options& options) {
  auto& st = self->state;
  st.codecs = std::move(codecs);
  st.options = options;
  st.result.files = order->what.files;
  st.result.outputs.resize(order->what.files.size());
  for (const auto& file : order->what.files)
    st.ready.push_back(file.index);
  st.order = std::move(order);
  st.pump();
  return {
    [&st](atom::cancel) { st.cancel(); },
    [&st](atom::resume) { st.resume(); },
  };
}

} // namespace convertd
