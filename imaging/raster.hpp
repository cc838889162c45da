// Plain samples in memory, to and from encoded images: for warming coders, samples and tests.
#pragma once

#include "imaging/engine.hpp"

#include <cstdint>
#include <vector>

namespace convertd {

struct raster {
  std::uint32_t width = 0;
  std::uint32_t height = 0;
  std::uint32_t channels = 3;        ///< 3 = RGB, 4 = RGBA, alpha not multiplied in.
  std::vector<std::uint8_t> samples; ///< width × height × channels, row by row.
};

/// Encodes as `format`. Throws what Magick++ throws.
encoded_image encode_raster(const raster& x, image_format format, std::uint8_t quality = 90);

/// Decodes the first frame as it is stored, in sRGB, always with 4 channels.
raster decode_raster(image_format format, bytes_view source);

} // namespace convertd
