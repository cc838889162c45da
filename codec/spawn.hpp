// How the server starts the codec program, and ends it.
#pragma once

#include "codec/client.hpp"
#include "codec/fd.hpp"

#include <sys/types.h>

namespace convertd {

/// Starts `options.program` as a zygote; `control` becomes its control socket. It ends with the
/// thread that calls, at the latest. Throws std::system_error.
pid_t spawn_zygote(const codec_options& options, int control);

/// Throws std::system_error.
unique_fd pidfd_of(pid_t pid);

/// Waits for a child of ours that has ended; its status as waitpid gives it.
int reap(pid_t pid);

/// Closes the control socket, at which the zygote and its children end; kills it if it does not
/// within two seconds.
void end_zygote(pid_t pid, int pidfd, int control);

} // namespace convertd
