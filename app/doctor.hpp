// Looks at the machine and the settings before anybody depends on them.
#pragma once

#include "config/settings.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace convertd {

struct finding {
  enum class weight : std::uint8_t {
    good,
    note,  ///< It works, but not as well as it could.
    wrong, ///< The server does not start like this, or refuses work.
  };
  weight is = weight::good;
  std::string about;
  std::string what;
  std::string advice; ///< What to do; empty for what is good.
};

/// Kernel, limits, data directory, disk, memory, the codecs' lock, and a conversion to each format.
/// Takes a second or two. The data directory is not made; a server may be running in it.
std::vector<finding> examine(const settings& with);

} // namespace convertd
