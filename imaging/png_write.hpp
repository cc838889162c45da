// PNG files with well chosen filters, packed by libdeflate.
#pragma once

#include "imaging/png_picture.hpp"

#include <span>

namespace convertd {

/// Chunks of another file, to be put before the pixels. Those that depend on the palette or on the
/// kind of pixel must not be among them.
using png_extras = std::span<const bytes_view>;

/// Tries several ways to filter and takes the best. Empty when none of them stays within `size_max`
/// bytes: what does not shrink is not wanted, and room for it would be memory for nothing.
std::vector<std::byte> write_png(const png_picture& x, png_extras extras, std::size_t size_max);

/// One way to filter, and the effort of the settings: for pictures that are wanted soon.
std::vector<std::byte> write_png_quickly(const png_picture& x, png_extras extras);

} // namespace convertd
