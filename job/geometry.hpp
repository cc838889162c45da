// From a conversion and the size of an image to what is done to its pixels. Pure arithmetic.
#pragma once

#include "job/conversion.hpp"

#include <cstdint>

namespace convertd {

struct pixel_size {
  std::uint32_t width = 0;
  std::uint32_t height = 0;

  friend bool operator==(const pixel_size&, const pixel_size&) = default;
};

/// Three steps, in this order; a step that changes nothing is left out by the engines.
/// The meaning of each mode is the table "Pixel meaning of the resize modes" in docs/api.md.
struct geometry {
  pixel_size scaled;        ///< Resample the whole image to this size. Never larger than it was.
  std::uint32_t crop_x = 0; ///< Then cut `cropped` out of it, from here.
  std::uint32_t crop_y = 0;
  pixel_size cropped;      ///< Equals `scaled` where nothing is cut.
  std::uint32_t pad_x = 0; ///< Then place it here …
  std::uint32_t pad_y = 0;
  pixel_size canvas; ///< … on a canvas of this size. Equals `cropped` where nothing is added.

  friend bool operator==(const geometry&, const geometry&) = default;
};

/// `source` is the size after the orientation was applied; both its sides are ≥ 1.
/// No side of the result is 0, and no pixel is ever enlarged.
geometry plan_geometry(const conversion& x, pixel_size source);

} // namespace convertd
