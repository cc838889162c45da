// Landlock, the kernel's own sandbox for file system, network and signals: everything refused.
#pragma once

#include <cstdint>

namespace convertd {

/// From which version on the kernel can refuse what.
inline constexpr std::uint32_t landlock_files = 1;
inline constexpr std::uint32_t landlock_network = 4; ///< TCP only
inline constexpr std::uint32_t landlock_scopes = 6;  ///< signals and abstract sockets

/// The version of the running kernel; 0 where it has none or does not let us.
std::uint32_t landlock_version();

/// Refuses the calling process, for good, all that the kernel's version knows to refuse. Needs
/// no_new_privs. False if the kernel has Landlock and would not do it; true if it has none.
bool landlock_refuse_all();

} // namespace convertd
