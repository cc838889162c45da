// The filters of PNG rows: what is written is the difference from a guess.
#pragma once

#include "imaging/png_picture.hpp"

#include <vector>

namespace convertd {

/// One for all rows, or for each row the one whose differences are smallest in sum.
enum class png_filter : std::uint8_t {
  none = 0,
  sub = 1,
  up = 2,
  average = 3,
  paeth = 4,
  least = 5
};

/// Those worth a trial.
std::vector<png_filter> filters_for(const png_picture& x);

/// Each row with its filter's number before it, into `out`.
void filter_png_rows(const png_picture& x, png_filter filter, std::vector<std::uint8_t>& out);

} // namespace convertd
