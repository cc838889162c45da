#include "codec/landlock.hpp"

#include <cstddef>
#include <sys/syscall.h>
#include <unistd.h>

namespace convertd {

namespace {

// linux/landlock.h of Debian 12 is older than the kernels that we meet.
struct ruleset_attributes {
  std::uint64_t handled_access_fs = 0;
  std::uint64_t handled_access_net = 0; ///< since version 4
  std::uint64_t scoped = 0;             ///< since version 6
};

constexpr unsigned create_ruleset_version = 1;

constexpr std::uint64_t fs_rights_first = (1ull << 13) - 1; // execute … make_sym
constexpr std::uint64_t fs_refer = 1ull << 13;
constexpr std::uint64_t fs_truncate = 1ull << 14;
constexpr std::uint64_t fs_ioctl_device = 1ull << 15;
constexpr std::uint64_t net_bind_and_connect_tcp = 3;
constexpr std::uint64_t scope_abstract_sockets_and_signals = 3;

std::uint64_t fs_rights(std::uint32_t version) {
  return fs_rights_first | (version >= 2 ? fs_refer : 0) | (version >= 3 ? fs_truncate : 0)
         | (version >= 5 ? fs_ioctl_device : 0);
}

/// An older kernel takes a shorter struct.
std::size_t size_for(std::uint32_t version) {
  if (version >= landlock_scopes)
    return sizeof(ruleset_attributes);
  return version >= landlock_network ? offsetof(ruleset_attributes, scoped)
                                     : offsetof(ruleset_attributes, handled_access_net);
}

} // namespace

std::uint32_t landlock_version() {
  auto version = ::syscall(SYS_landlock_create_ruleset, nullptr, 0, create_ruleset_version);
  return version < 0 ? 0 : static_cast<std::uint32_t>(version);
}

bool landlock_refuse_all() {
  auto version = landlock_version();
  if (version == 0)
    return true;
  ruleset_attributes all{.handled_access_fs = fs_rights(version),
                         .handled_access_net = net_bind_and_connect_tcp,
                         .scoped = scope_abstract_sockets_and_signals};
  auto ruleset =
    static_cast<int>(::syscall(SYS_landlock_create_ruleset, &all, size_for(version), 0));
  if (ruleset < 0)
    return false;
  auto done = ::syscall(SYS_landlock_restrict_self, ruleset, 0) == 0;
  ::close(ruleset);
  return done;
}

} // namespace convertd
