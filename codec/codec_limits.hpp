// What the kernel lets a child do.
#pragma once

#include <chrono>
#include <cstdint>
#include <sys/types.h>

namespace convertd {

/// The same for all children of a zygote.
struct child_options {
  std::uint32_t uid = 0; ///< 0 = keep.
  std::uint32_t gid = 0;
  std::uint64_t memory_max = 0; ///< Hard RLIMIT_AS, bytes.
};

/// Everything that must hold before a child sees a byte of an image: identity, limits, no way to
/// new privileges. Ends the process when a step fails. `zygote` is the pid to which the child
/// belongs: it dies with it.
void lock_down(const child_options& options, pid_t zygote);

/// Address space, bytes, from now on; never above memory_max. What the process has already is never
/// taken away: then the limit is what it has and some room to work.
void limit_memory(std::uint64_t bytes);

/// The most that limit_memory() can give.
std::uint64_t memory_limit_max();

/// Gives freed memory back once the process has grown beyond what every child is granted. False: so
/// much address space stays taken that the next file might not find enough.
bool trim_memory();

/// Processor time for one file, counted from now.
void limit_cpu(std::chrono::milliseconds time);

/// Size of any file that is written; beyond it write fails with EFBIG.
void limit_output(std::uint64_t bytes);

} // namespace convertd
