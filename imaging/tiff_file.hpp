// TIFF files as bytes.
#pragma once

#include <cstdint>
#include <span>

namespace convertd {

/// Zeroes the bytes between the parts of a file. libtiff begins each part at an even place and
/// leaves the byte before it to chance: it would hold what was in our memory.
void zero_tiff_gaps(std::span<std::uint8_t> file);

} // namespace convertd
