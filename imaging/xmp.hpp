// XMP packets are XML: those that say what no longer holds are dropped whole rather than edited.
#pragma once

#include "imaging/engine.hpp"

#include <string_view>

namespace convertd {

/// `size`: of the picture as it is now.
inline bool xmp_is_stale(std::string_view packet, const source_header& was, const conversion& what,
                         pixel_size size) {
  auto says = [&](std::string_view word) { return packet.find(word) != std::string_view::npos; };
  auto turned = what.auto_orient && was.orientation != 1 && says("tiff:Orientation");
  auto sized = size != pixel_size{was.width, was.height};
  auto stale_size = sized && (says("PixelXDimension") || says("tiff:ImageWidth"));
  return turned || stale_size || says("xmp:Thumbnails");
}

} // namespace convertd
