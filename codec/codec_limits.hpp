// What the kernel lets a child do, as the child sees it. Its limits per file are set by the server:
// codec/child_limits.hpp.
#pragma once

#include "codec/fd.hpp"
#include "codec/syscall_filter.hpp"
#include "job/effort.hpp"

#include <cstdint>
#include <optional>
#include <sys/types.h>

namespace convertd {

/// The same for all children of a zygote.
struct child_options {
  std::uint32_t uid = 0; ///< 0 = keep.
  std::uint32_t gid = 0;
  std::uint64_t memory_max = 0; ///< Hard RLIMIT_AS, bytes.
  encoder_effort effort;
};

/// UID GID MEMORY_MAX and efforts, the words that spawn_zygote() passes; nothing if they are
/// others.
std::optional<child_options> parse_child_options(int count, char** words);

inline constexpr int channel_in_child = 3;

/// Puts the channel at its place and closes all other descriptors but 0, 1 and 2.
void keep_only(unique_fd channel);

/// How much of the lock a child puts on. Less than all only in the self-test, which tries the
/// second wall without the first.
enum class lock_layers : std::uint8_t { all, without_filter };

/// Called by the zygote once: a child has a limit of memory from its first instruction on.
void limit_zygote(const child_options& options);

/// Everything that must hold before a child sees a byte of an image: identity, limits, no way to
/// new privileges, nothing of the file system or the network, and few system calls. Ends the
/// process when a step fails. `zygote` is the pid to which the child belongs: it dies with it.
void lock_down(const child_options& options, pid_t zygote, const syscall_filter& filter,
               lock_layers layers = lock_layers::all);

/// The most address space that the server can grant.
std::uint64_t memory_limit_max();

/// Gives freed memory back once the process has grown beyond what every child is granted. False: so
/// much address space stays taken that the next file might not find enough.
bool trim_memory();

} // namespace convertd
