// The zygote: a process with one thread that forks a child for each start message and reports its
// end.
#pragma once

#include "codec/codec_limits.hpp"
#include "codec/fd.hpp"

namespace convertd {

/// What the children of a zygote are for. A child that is to try a forbidden act is the same in
/// every zygote.
struct zygote_work {
  /// Called once, before the first child; may be null.
  void (*prepare)(const child_options& options) = nullptr;
  /// What a child does; never returns. Null: there is nothing to do, and it ends at once.
  void (*child)(unique_fd channel, pid_t zygote, const child_options& options,
                const syscall_filter& filter) = nullptr;
};

/// Runs until the control socket, descriptor 3, comes to its end. Gives the exit code.
int run_zygote(const child_options& options, const zygote_work& work);

} // namespace convertd
