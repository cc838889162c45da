// WebP files as chunks. ImageMagick 6 decodes all pixels and all frames even to read a header,
// which is what a probe must not do.
#pragma once

#include "imaging/engine.hpp"

#include <vector>

namespace convertd {

/// Throws imaging_error(decode_failed) when the file has no image that could be decoded.
source_header read_webp_header(bytes_view source);

/// The same file with the first frame of its animation only. `source` has passed the above.
std::vector<std::byte> first_webp_frame(bytes_view source);

} // namespace convertd
