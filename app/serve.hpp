// The server as a whole: every part, in the order it is built, and how it stops.
#pragma once

#include "config/settings.hpp"

#include <functional>

namespace convertd {

/// Runs until SIGTERM or SIGINT: then takes no new work, lets what is running end for at most
/// `grace_period`, and returns 0. A second signal stops at once; what was at work starts again with
/// the next start. SIGHUP reads the settings anew (app/reload.hpp). Returns 1 for what keeps it
/// from starting, in one sentence on stderr.
int serve(const settings& with, const std::function<settings()>& read_again);

} // namespace convertd
