// Points in time as records and the API know them.
#pragma once

#include <chrono>
#include <string>

namespace convertd {

using std::chrono::milliseconds;

/// Milliseconds since 1970, UTC. The zero value means "never" or "not yet".
using timestamp = std::chrono::sys_time<milliseconds>;

/// The wall clock. Rules in job/ never call it: they are told the time, so that tests may choose
/// it.
timestamp wall_clock();

/// RFC 3339 in UTC with milliseconds: 2026-11-24T09:30:00.125Z
std::string to_rfc3339(timestamp t);

} // namespace convertd
