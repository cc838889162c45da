// Headers of PNG and JPEG files, read without ImageMagick: it takes a millisecond for one, and a
// process that has read none yet takes ten.
#pragma once

#include "imaging/engine.hpp"

#include <optional>

namespace convertd {

/// The same that ImageMagick says of the file. Nothing where the file is damaged or unusual: then
/// ImageMagick is to say what it is, or what is wrong with it.
std::optional<source_header> plain_png_header(bytes_view source);
std::optional<source_header> plain_jpeg_header(bytes_view source);

} // namespace convertd
