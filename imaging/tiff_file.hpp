// TIFF files as bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace convertd {

/// Zeroes the bytes between the parts of a file. libtiff begins each part at an even place and
/// leaves the byte before it to chance: it would hold what was in our memory.
void zero_tiff_gaps(std::span<std::uint8_t> file);

/// The same pages without EXIF, XMP, IPTC, places, names, dates and descriptions; profile and
/// orientation stay. Empty when it is no classic TIFF file.
std::vector<std::byte> strip_tiff(std::span<const std::byte> source);

/// Directories in the file's chain; 0 when it is no classic TIFF file.
std::size_t tiff_pages(std::span<const std::byte> source);

} // namespace convertd
