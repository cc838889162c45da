// PNG files of pictures that ImageMagick holds, written without it: it takes three times as long.
#pragma once

#include "imaging/engine.hpp"

#include <Magick++.h>

#include <vector>

namespace convertd {

/// Whether the file would be pixels of 8 bits, their size, and nothing else. Notes and profiles are
/// ImageMagick's to write. `stripped`: what is left of them has no say.
bool is_plain(const Magick::Image& image, std::uint32_t depth, bool stripped);

/// Of a plain one. Its pixels are gone then: there is not memory for both.
std::vector<std::byte> write_plain_png(Magick::Image& image);

} // namespace convertd
