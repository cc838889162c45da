// AVIF files by libavif, from memory to memory: ImageMagick 6 loses their alpha, and 7 passes them
// through a temporary file, which a codec process must not have.
#pragma once

#include "imaging/engine.hpp"

#include <Magick++.h>

#include <cstdint>

namespace convertd {

/// Reads the boxes and no pixel. What the file says of cropping, turning and mirroring is applied
/// to the size, and EXIF has no say: as MIAF (ISO/IEC 23000-22) wants it. So the orientation is 1.
/// Throws imaging_error(decode_failed or too_large).
source_header read_avif_header(bytes_view source);

/// The picture to show; of a sequence, its first. Upright, with profile and metadata, 16 bits where
/// the file has more than 8. Decodes no frame much larger than `header` says. Throws imaging_error.
Magick::Image read_avif(bytes_view source, const source_header& header);

struct avif_settings {
  std::uint8_t quality = 0; ///< 1..100; 100 is without loss.
  std::uint32_t depth = 8;  ///< 8, 10 or 12 bits.
};

/// Writes alpha, EXIF and XMP if the image has them; its orientation becomes a turn that every
/// reader applies. Throws imaging_error(encode_failed).
encoded_image write_avif(Magick::Image& image, const avif_settings& settings);

} // namespace convertd
