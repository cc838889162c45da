// A child of the zygote: probes and converts files until its channel closes.
#pragma once

#include "codec/codec_limits.hpp"
#include "codec/fd.hpp"
#include "codec/message.hpp"

namespace convertd {

/// Never returns. Keeps `channel` and closes every other descriptor.
[[noreturn]] void run_child(unique_fd channel, pid_t zygote, const child_options& options,
                            const syscall_filter& filter);

/// The same up to the lock; then tries one forbidden act instead of serving.
[[noreturn]] void run_attempt(unique_fd channel, pid_t zygote, const child_options& options,
                              const syscall_filter& filter, const attempt_message& what);

} // namespace convertd
