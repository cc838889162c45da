// What the codec pool says of itself and of each file.
#include "actors/codec_pool.hpp"

namespace convertd {

pool_figures codec_pool_state::look() const {
  pool_figures x;
  for (const auto& each : slots)
    x.codecs.push_back({each.state, each.account.value_or(0)});
  x.files_waiting = queue.size() + large.size();
  x.memory_used = memory_used;
  x.memory_total = options.memory_total;
  return x;
}

/// The times of steps that the file did not come to are zero.
void codec_pool_state::tell(const slot& of, const file_outcome& how) const {
  using namespace std::chrono;
  auto now = steady_clock::now();
  auto between = [now](steady_clock::time_point from, steady_clock::time_point to) {
    auto none = from == steady_clock::time_point{};
    auto end = to == steady_clock::time_point{} ? now : to;
    return none ? 0us : duration_cast<microseconds>(end - from);
  };
  const auto& task = *of.file.task;
  auto done = how.what == file_outcome::kind::converted;
  options.watching->file_tried({.job = task.job,
                                .account = task.account,
                                .index = task.file.index,
                                .sync = task.is_sync(),
                                .source = of.header.format,
                                .target = task.file.what.target,
                                .outcome = of.forgotten && !done ? "cancelled" : name_of(how.what),
                                .error = done ? "" : code_of(how.why.code),
                                .bytes_in = task.file.length,
                                .bytes_out = how.result.size,
                                .wait = between(of.file.since, of.taken_up),
                                .probe = between(of.taken_up, of.known),
                                .memory = between(of.known, of.granted),
                                .work = between(of.granted, now),
                                .stages = how.result.stages,
                                .store = how.result.store});
}

} // namespace convertd
