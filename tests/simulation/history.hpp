// One random history of the server: jobs come, are cancelled and erased; actors die, messages come
// late or twice, the server is killed; and in the end nothing has gone wrong.
#pragma once

#include "tests/simulation/world.hpp"

#include <cstdint>
#include <string>

namespace convertd {

struct verdict {
  std::string violation; ///< Empty: there is none.
  std::uint64_t steps = 0;
};

/// The same seed on a new stage is the same history.
verdict play(stage& on, std::uint64_t seed);

} // namespace convertd
