// PNG files as chunks, for what ImageMagick 6 does not read of them.
#pragma once

#include "imaging/engine.hpp"

#include <string>

namespace convertd {

/// The file's EXIF block, from its TIFF header on: of the eXIf chunk, or of a text chunk "Raw
/// profile type exif", as programs wrote it before PNG had the other. Empty where there is none, or
/// one of unlikely size.
std::string png_exif(bytes_view source);

} // namespace convertd
