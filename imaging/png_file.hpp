// PNG files as chunks, for what ImageMagick 6 does not read of them.
#pragma once

#include "imaging/engine.hpp"

namespace convertd {

/// What the eXIf chunk holds: an EXIF block from its TIFF header on. Empty where there is none, or
/// one of unlikely size.
bytes_view png_exif(bytes_view source);

} // namespace convertd
