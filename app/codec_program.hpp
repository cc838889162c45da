// What the settings of [codec] leave to the machine: which program, which user, how much of each.
#pragma once

#include "config/settings.hpp"

#include <cstdint>
#include <string>

namespace convertd {

struct user_ids {
  std::uint32_t uid = 0; ///< 0 = stay who we are.
  std::uint32_t gid = 0;
};

/// codec.program; else convertd-codec beside this very program, else the one in /usr/lib/convertd.
/// Throws config_error if there is none to be found.
std::string codec_program(const settings& from);

/// convertd-codec-trial, beside this very program or in /usr/lib/convertd. Throws config_error.
std::string codec_trial_program();

/// codec.user; if that is empty and we are root: nobody. {0, 0} if we are not root, since only root
/// can change users. Throws config_error for a user that does not exist, and for root.
user_ids codec_user(const settings& from);

/// codec.processes; for 0 the number of processors.
std::uint32_t codec_processes(const settings& from);

/// codec.memory_total; for 0 half of the machine's memory.
std::uint64_t codec_memory_total(const settings& from);

} // namespace convertd
