// HEIF files with HEVC in them (HEIC) by libheif, from memory to memory: ImageMagick 7 passes them
// through a temporary file, which a codec process must not have.
#pragma once

#include "imaging/engine.hpp"

#include <Magick++.h>

#include <cstdint>

namespace convertd {

/// Reads the boxes and no pixel. As with AVIF, what the file says of cropping, turning and
/// mirroring is applied, and EXIF has no say: the orientation is 1. Throws imaging_error.
source_header read_heif_header(bytes_view source);

/// The primary image, upright, with profile and metadata; 16 bits where the file has more than 8.
/// Throws imaging_error.
Magick::Image read_heif(bytes_view source, const source_header& header);

/// With 8 bits. Writes alpha, EXIF and XMP if the image has them; its orientation becomes a turn
/// that every reader applies. `quality` is 1..100. Throws imaging_error(encode_failed).
encoded_image write_heif(Magick::Image& image, std::uint8_t quality);

} // namespace convertd
