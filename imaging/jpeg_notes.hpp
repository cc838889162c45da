// What a JPEG file says beside its pixels, for results that are made without ImageMagick.
#pragma once

#include "imaging/engine.hpp"
#include "imaging/jpeg_segments.hpp"

#include <cstdint>
#include <vector>

namespace convertd {

struct jpeg_notes {
  std::vector<std::uint8_t> exif;   ///< With "Exif\0\0" before it.
  bytes_view xmp;                   ///< Of the source.
  std::vector<jpeg_segment> others; ///< Comments and what makers of cameras say.

  /// From the TIFF header on.
  bytes_view exif_from_header() const;

  /// As segments of a JPEG file, which live as long as this and are made anew by each call.
  const std::vector<jpeg_segment>& segments();

private:
  std::vector<std::byte> xmp_segment_;
  std::vector<jpeg_segment> segments_;
};

/// Whether the pixels are sRGB, by their profile or without one, and, unless all is stripped, the
/// rest of what is said is EXIF, one XMP packet, and what is kept as it is.
bool notes_can_be_kept(bytes_view source, bool strip);

/// What still holds of a picture that now has this size.
jpeg_notes notes_to_keep(bytes_view source, const source_header& header, const conversion& what,
                         pixel_size size);

} // namespace convertd
