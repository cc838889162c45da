// A child of the zygote: probes and converts files until its channel closes.
#pragma once

#include "codec/codec_limits.hpp"
#include "codec/fd.hpp"

namespace convertd {

/// What the zygote does before its first child, so that no child has to: memory that they share.
void load_coders(const child_options& options);

/// Never returns. Keeps `channel` and closes every other descriptor.
[[noreturn]] void run_child(unique_fd channel, pid_t zygote, const child_options& options,
                            const syscall_filter& filter);

} // namespace convertd
