#include "imaging/planar_geometry.hpp"

#include <algorithm>

namespace convertd {

namespace {

/// `stored`: pixels of the stored picture along this side; `scaled`: what they become.
planned_side side_of(std::uint32_t stored, std::uint32_t scaled, std::uint32_t crop,
                     std::uint32_t cropped, bool backwards) {
  auto length = static_cast<double>(stored) / scaled;
  auto start = crop * length;
  return {.length = length,
          .start = backwards ? stored - start : start,
          .backwards = backwards,
          .pixels = cropped};
}

} // namespace

planned_sides plan_sides(const source_header& header, const conversion& what,
                         const geometry& plan) {
  auto turn = what.auto_orient ? header.orientation : 1;
  auto transposed = turn >= 5;
  auto mirrored_across = turn == 2 || turn == 3 || turn == 6 || turn == 7;
  auto mirrored_down = turn == 3 || turn == 4 || turn == 7 || turn == 8;
  auto width = transposed ? header.height : header.width;
  auto height = transposed ? header.width : header.height;
  return {
    .across = side_of(width, plan.scaled.width, plan.crop_x, plan.cropped.width, mirrored_across),
    .down = side_of(height, plan.scaled.height, plan.crop_y, plan.cropped.height, mirrored_down),
    .transposed = transposed};
}

axis_plan axis_of(const planned_side& x, std::uint32_t from, double density, std::uint32_t pixels) {
  auto step = x.length * density * pixels;
  return {.from = from,
          .to = (x.pixels + pixels - 1) / pixels,
          .step = x.backwards ? -step : step,
          .start = x.start * density};
}

unsigned eighths_for(const planned_sides& x) {
  auto smaller = std::min(x.across.length, x.down.length);
  auto eighths = 8u;
  while (eighths > 1 && smaller >= 2 * least_left) {
    smaller /= 2;
    eighths /= 2;
  }
  return eighths;
}

} // namespace convertd
