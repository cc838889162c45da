// Icon files: a directory of pictures of several sizes. ICO and CUR differ in a number only.
#pragma once

#include "imaging/engine.hpp"

#include <cstdint>
#include <vector>

namespace convertd {

/// The longest side that an icon can have.
inline constexpr std::uint32_t icon_side_max = 256;

/// The same file with its largest picture alone. Throws imaging_error(decode_failed).
std::vector<std::byte> largest_icon(bytes_view source);

/// An ICO file around a PNG file, which every reader since 2007 takes. Sides ≤ icon_side_max.
std::vector<std::byte> icon_around(bytes_view png, std::uint32_t width, std::uint32_t height);

} // namespace convertd
