// JPEG files from planes and from rows of pixels.
#pragma once

#include "imaging/engine.hpp"
#include "imaging/jpeg_segments.hpp"
#include "imaging/raster.hpp"
#include "imaging/ycc_planes.hpp"

#include <cstdint>
#include <span>

namespace convertd {

/// Dots per inch (unit 1), per centimetre (2), or a mere ratio (0), as JFIF has them.
struct jpeg_density {
  std::uint8_t unit = 0;
  std::uint16_t across = 1;
  std::uint16_t down = 1;
};

/// `keep` is written as it is. Throws imaging_error(encode_failed), std::bad_alloc.
encoded_image write_jpeg(ycc_planes& x, std::uint8_t quality, const jpeg_density& density,
                         std::span<const jpeg_segment> keep);

/// `x` has 3 channels.
encoded_image write_jpeg(const raster& x, std::uint8_t quality, const jpeg_density& density);

} // namespace convertd
