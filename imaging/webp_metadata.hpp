// WebP files with other metadata around the same image data.
#pragma once

#include "imaging/engine.hpp"

#include <cstdint>
#include <vector>

namespace convertd {

/// `plain` (a still file that an encoder wrote) with the profile of `source`, and with its EXIF and
/// XMP unless they are stripped. Empty when `source` has none of them.
std::vector<std::byte> webp_with_metadata(bytes_view plain, bytes_view source, bool strip);

/// `plain` with an EXIF block (from its TIFF header on) and an XMP packet, where they are not
/// empty.
std::vector<std::byte> webp_with_notes(bytes_view plain, bytes_view exif, bytes_view xmp);

/// The same pictures and profile, and nothing else. `orientation` other than 1 is said in an EXIF
/// block with nothing else in it. Throws imaging_error(decode_failed).
std::vector<std::byte> strip_webp(bytes_view source, std::uint8_t orientation);

} // namespace convertd
