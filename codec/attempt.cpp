#include "codec/attempt.hpp"

#include "codec/channel.hpp"
#include "codec/forbidden_acts.hpp"

#include <sys/mman.h>
#include <unistd.h>
#include <utility>

namespace convertd {

void run_attempt(unique_fd channel, pid_t zygote, const child_options& options,
                 const syscall_filter& filter, const attempt_message& what) {
  auto acts = forbidden_acts();
  if (what.act >= acts.size())
    _exit(exit_fatal);
  const auto& act = acts[what.act];
  keep_only(std::move(channel));
  unique_fd output;
  if (act.needs_output)
    output = unique_fd{::memfd_create("output", MFD_CLOEXEC)};
  lock_down(options, zygote, filter, act.layers);
  send_message(channel_in_child, ready_message{});
  wait_any({channel_in_child}, deadline_clock::time_point::max());
  if (!receive_bytes(channel_in_child))
    _exit(0);
  attempted_message said;
  said.error = act.attempt({.channel = channel_in_child,
                            .output = output.get(),
                            .zygote = zygote,
                            .folder = what.folder.data()});
  send_message(channel_in_child, said);
  _exit(0);
}

} // namespace convertd
