// AVIF files as boxes (ISO/IEC 14496-12, 23008-12).
#pragma once

#include "imaging/engine.hpp"

#include <vector>

namespace convertd {

/// The same file with its EXIF and XMP blanked: an EXIF block without entries, a packet of spaces.
/// What their places are is said in many others, so that nothing is moved. Empty when that cannot
/// be followed.
std::vector<std::byte> strip_avif(bytes_view source);

} // namespace convertd
