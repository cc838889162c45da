// BMP with 24 bits, written here: ImageMagick's writer takes 18 bytes of memory a pixel.
#pragma once

#include <Magick++.h>

#include <cstddef>
#include <vector>

namespace convertd {

/// BITMAPINFOHEADER, no compression, no alpha. Throws imaging_error(too_large) beyond 4 GiB.
std::vector<std::byte> write_bmp(Magick::Image& image);

} // namespace convertd
