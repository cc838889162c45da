// The zygote: a process with one thread and all coders loaded, that forks a child for each start
// message and reports its end.
#pragma once

#include "codec/codec_limits.hpp"

namespace convertd {

/// Runs until the control socket, descriptor 3, comes to its end. Gives the exit code.
int run_zygote(const child_options& options);

} // namespace convertd
