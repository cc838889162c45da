// A picture as JPEG has it: brightness, and two planes of colour with half its width and height.
#pragma once

#include "imaging/plane_resizer.hpp"

#include <array>
#include <cstdint>

namespace convertd {

struct ycc_planes {
  std::uint32_t width = 0;
  std::uint32_t height = 0;
  std::array<plane<std::uint8_t>, 3> planes; ///< Y, Cb, Cr, 0..255 each.
};

/// Samples of a plane of colour along a side.
constexpr std::uint32_t half_side(std::uint32_t side) {
  return side / 2 + side % 2;
}

} // namespace convertd
