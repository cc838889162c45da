// What one file may cost, set by the server from outside: a child cannot move its own limits.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <sys/types.h>

namespace convertd {

/// The child whose limits are set: alive, or dead and not yet reaped by the zygote. Each call is
/// false if the kernel would not do it. A limit that is as it was is not set again: for root in a
/// container one costs nine system calls, and most files want what the last one had.
///
/// The kernel lets a process set the limits of another if it has CAP_SYS_RESOURCE, which root in a
/// container often has not, or if its real user and group are the other's. Root can make them so,
/// for one thread and one call.
struct limited_child {
  pid_t pid = -1;
  std::uint32_t uid = 0; ///< That it runs as.
  std::uint32_t gid = 0;
  int memory_facts = -1; ///< Its /proc/PID/statm, open; -1 = unknown.

  /// Address space, bytes, from now on; never above its hard limit. What it has already is never
  /// taken away: then the limit is what it has and some room to work.
  bool limit_memory(std::uint64_t bytes);

  /// Processor time for one file, counted from now.
  bool limit_cpu(std::chrono::milliseconds time);

  /// Size of any file that it writes; beyond it write fails with EFBIG.
  bool limit_output(std::uint64_t bytes);

  /// As they were set last; nobody else moves them.
  std::optional<std::uint64_t> memory{};
  std::optional<std::uint64_t> cpu{};
  std::optional<std::uint64_t> output{};
};

} // namespace convertd
