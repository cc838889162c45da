// The engines that there are.
#pragma once

#include "imaging/engine.hpp"

#include <span>

namespace convertd {

/// In the order in which they are asked; the last one takes everything that is read and written.
std::span<const engine* const> engines();

} // namespace convertd
