// The two state machines of the product. Everything that changes a state goes through here.
//
//   job     uploading ──accept──► pending ──start──► processing ──settle──► completed  (≥ 1 file
//   ok)
//                                    │                    ├───────settle──► failed     (no file ok)
//                                    └──cancel──► failed ◄┴──force cancel
//
//   file    pending ──start──► processing ──convert──► completed
//              ▲                   ├──refuse──────────► failed
//              ├──die, interrupt───┤   (its counter rises; below its maximum it goes back)
//              │                   └──die, interrupt──► failed   (at its maximum)
//              └──any──cancel──► failed
//
// The words of the states are the API's.
#pragma once

#include "job/error.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace convertd {

/// Numbers are written to the store: never renumber, only append.
enum class job_state : std::uint8_t {
  uploading = 0, ///< Records are being written in several commits; not a job yet, never shown.
  pending = 1,
  processing = 2,
  completed = 3,
  failed = 4,
};

enum class job_event : std::uint8_t {
  accept,
  start,
  settle_some_ok,
  settle_none_ok,
  cancel,
  force_cancel
};

/// The state after `event`; nothing when the machine has no such edge.
std::optional<job_state> next(job_state state, job_event event);

/// No edge leads out of it.
bool is_final(job_state x);

std::string_view name_of(job_state x);
std::optional<job_state> parse_job_state(std::string_view name);

/// Numbers are written to the store: never renumber, only append.
enum class file_state : std::uint8_t { pending = 0, processing = 1, completed = 2, failed = 3 };

std::string_view name_of(file_state x);
bool is_final(file_state x);

/// The part of a file's record that the machine moves. Both counters survive restarts.
struct file_progress {
  file_state state = file_state::pending;
  std::uint8_t crashes = 0;       ///< Its decoder died by itself, or hit a limit.
  std::uint8_t interruptions = 0; ///< The server, the zygote or the machine died, or a stop.
  ec error = ec::none;            ///< Set with `failed`.

  friend bool operator==(const file_progress&, const file_progress&) = default;
};

/// Each returns the progress after what happened. `why` is what the file fails with at the end.
file_progress started(file_progress x);
file_progress converted(file_progress x);
file_progress refused(file_progress x, ec why);
/// crashes + 1; back to pending below `crashes_max`, else failed with `why`.
file_progress died(file_progress x, ec why);
/// interruptions + 1; back to pending below `interruptions_max`, else failed as `interrupted`.
file_progress interrupted(file_progress x);
file_progress cancelled(file_progress x);

} // namespace convertd
