// The colours of a GIF frame: at most 256.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

namespace convertd {

struct gif_pixels {
  std::vector<std::array<std::uint8_t, 3>> colours; ///< At least 1, at most 256.
  int transparent = -1;                             ///< Index among them; -1 = none.
  std::vector<std::uint8_t> indexes;                ///< One for each pixel.
};

/// `rgba` are width × height pixels; those with less than half of alpha become transparent. Up to
/// 255 colours are kept as they are, more become fewer by ImageMagick.
gif_pixels gif_pixels_of(std::vector<std::uint8_t> rgba, std::uint32_t width, std::uint32_t height);

} // namespace convertd
