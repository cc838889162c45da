#include "job/job_state.hpp"

#include "job/limits.hpp"
#include "job/test_hooks.hpp"

#include <algorithm>
#include <array>

namespace convertd {

namespace {

constexpr std::array<std::string_view, 5> job_names{"uploading", "pending", "processing",
                                                    "completed", "failed"};
constexpr std::array<std::string_view, 4> file_names{"pending", "processing", "completed",
                                                     "failed"};

struct edge {
  job_state from;
  job_event event;
  job_state to;
};

constexpr std::array edges{
  edge{job_state::uploading, job_event::accept, job_state::pending},
  edge{job_state::pending, job_event::start, job_state::processing},
  edge{job_state::pending, job_event::cancel, job_state::failed},
  edge{job_state::pending, job_event::force_cancel, job_state::failed},
  edge{job_state::processing, job_event::force_cancel, job_state::failed},
  edge{job_state::processing, job_event::settle_some_ok, job_state::completed},
  edge{job_state::processing, job_event::settle_none_ok, job_state::failed},
};

file_progress failed_with(file_progress x, ec why) {
  x.state = file_state::failed;
  x.error = why;
  return x;
}

} // namespace

std::optional<job_state> next(job_state state, job_event event) {
  for (const auto& x : edges)
    if (x.from == state && x.event == event)
      return x.to;
  return std::nullopt;
}

bool is_final(job_state x) {
  return x == job_state::completed || x == job_state::failed;
}

std::string_view name_of(job_state x) {
  return job_names[static_cast<std::size_t>(x)];
}

std::optional<job_state> parse_job_state(std::string_view name) {
  auto found = std::ranges::find(job_names, name);
  if (found == job_names.end() || found == job_names.begin())
    return std::nullopt; // "uploading" is nobody's business
  return static_cast<job_state>(found - job_names.begin());
}

std::string_view name_of(file_state x) {
  return file_names[static_cast<std::size_t>(x)];
}

bool is_final(file_state x) {
  return x == file_state::completed || x == file_state::failed;
}

file_progress started(file_progress x) {
  if (x.state == file_state::pending)
    x.state = file_state::processing;
  return x;
}

file_progress converted(file_progress x) {
  if (!is_final(x.state))
    x.state = file_state::completed;
  return x;
}

file_progress refused(file_progress x, ec why) {
  return is_final(x.state) ? x : failed_with(x, why);
}

file_progress died(file_progress x, ec why) {
  if (is_final(x.state))
    return x;
  if (++x.crashes >= crashes_max || fault_wanted("first-death-final"))
    return failed_with(x, why);
  x.state = file_state::pending;
  return x;
}

file_progress interrupted(file_progress x) {
  if (is_final(x.state))
    return x;
  if (++x.interruptions >= interruptions_max)
    return failed_with(x, ec::interrupted);
  x.state = file_state::pending;
  return x;
}

file_progress cancelled(file_progress x) {
  return is_final(x.state) ? x : failed_with(x, ec::cancelled);
}

} // namespace convertd
