// WebP files as chunks. ImageMagick 6 decodes all pixels and all frames even to read a header,
// which is what a probe must not do.
#pragma once

#include "imaging/engine.hpp"

#include <cstdint>
#include <optional>
#include <vector>

namespace convertd {

/// Throws imaging_error(decode_failed) when the file has no image that could be decoded.
source_header read_webp_header(bytes_view source);

/// A frame of an animation as a still file, and its place on the canvas.
struct webp_frame {
  std::vector<std::byte> file;
  std::uint32_t left = 0;
  std::uint32_t top = 0;
};

/// Nothing when the file is no animation. `source` has passed read_webp_header().
std::optional<webp_frame> first_webp_frame(bytes_view source);

} // namespace convertd
