// A child of the zygote: probes and converts files until its channel closes.
#pragma once

#include "codec/codec_limits.hpp"
#include "codec/fd.hpp"

namespace convertd {

/// Never returns. Keeps `channel` and closes every other descriptor.
[[noreturn]] void run_child(unique_fd channel, pid_t zygote, const child_options& options);

} // namespace convertd
