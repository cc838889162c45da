// A child of the zygote that behaves as if it had been hijacked, once.
#pragma once

#include "codec/codec_limits.hpp"
#include "codec/fd.hpp"
#include "codec/message.hpp"

namespace convertd {

/// Never returns. As run_child() up to the lock; then it tries one forbidden act instead of
/// serving.
[[noreturn]] void run_attempt(unique_fd channel, pid_t zygote, const child_options& options,
                              const syscall_filter& filter, const attempt_message& what);

} // namespace convertd
