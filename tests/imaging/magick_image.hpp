// What ImageMagick makes of our own pixels.
#pragma once

#include "tests/support/pictures.hpp"

#include <Magick++.h>

namespace convertd {

inline Magick::Image image_of(const raster& x) {
  return Magick::Image{x.width, x.height, x.channels == 4 ? "RGBA" : "RGB", Magick::CharPixel,
                       x.samples.data()};
}

} // namespace convertd
