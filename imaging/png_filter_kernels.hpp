// The inner loop of PNG's filters, for the processor that the program runs on.
#pragma once

#include "imaging/png_filter.hpp"

#include <cstddef>
#include <cstdint>

namespace convertd {

/// A byte of a row, and what it may be guessed from: the same byte of the pixel to the left, of the
/// row above, and of the pixel above to the left.
struct png_neighbours {
  const std::uint8_t* now;
  const std::uint8_t* left;
  const std::uint8_t* above;
  const std::uint8_t* corner;
};

/// Writes `size` differences from the guesses of one filter (not `least`). Returns their sum, taken
/// as signed numbers without their signs.
std::uint64_t filter_png_row(png_filter how, const png_neighbours& x, std::size_t size,
                             std::uint8_t* out);

} // namespace convertd
