// How much two pictures look alike.
#pragma once

#include "imaging/raster.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace convertd {

/// Brightness of one pixel, 0..255, over white.
inline double luma_over_white(const raster& x, std::size_t column, std::size_t row) {
  const auto* p = &x.samples[(row * x.width + column) * x.channels];
  auto luma = 0.299 * p[0] + 0.587 * p[1] + 0.114 * p[2];
  auto alpha = x.channels == 4 ? p[3] / 255.0 : 1.0;
  return luma * alpha + 255 * (1 - alpha);
}

/// SSIM of one window of two pictures.
inline double window_ssim(const raster& a, const raster& b, std::size_t left, std::size_t top,
                          std::size_t side) {
  double sum_a = 0, sum_b = 0, sum_aa = 0, sum_bb = 0, sum_ab = 0;
  for (auto row = top; row < top + side; ++row)
    for (auto column = left; column < left + side; ++column) {
      auto x = luma_over_white(a, column, row);
      auto y = luma_over_white(b, column, row);
      sum_a += x;
      sum_b += y;
      sum_aa += x * x;
      sum_bb += y * y;
      sum_ab += x * y;
    }
  auto n = static_cast<double>(side * side);
  auto mean_a = sum_a / n, mean_b = sum_b / n;
  auto var_a = sum_aa / n - mean_a * mean_a, var_b = sum_bb / n - mean_b * mean_b;
  auto covariance = sum_ab / n - mean_a * mean_b;
  constexpr double c1 = 6.5025, c2 = 58.5225;
  return (2 * mean_a * mean_b + c1) * (2 * covariance + c2)
         / ((mean_a * mean_a + mean_b * mean_b + c1) * (var_a + var_b + c2));
}

/// Mean SSIM over windows of 8 × 8: 1 for the same picture, 0 for pictures of different sizes.
inline double likeness(const raster& a, const raster& b) {
  if (a.width != b.width || a.height != b.height)
    return 0;
  auto side = std::min<std::size_t>({8, a.width, a.height});
  double sum = 0;
  std::size_t windows = 0;
  for (std::size_t top = 0; top + side <= a.height; top += side)
    for (std::size_t left = 0; left + side <= a.width; left += side, ++windows)
      sum += window_ssim(a, b, left, top, side);
  return sum / static_cast<double>(windows);
}

/// The largest difference of a channel, alpha included where both have it.
inline int largest_difference(const raster& a, const raster& b) {
  int largest = 0;
  auto channels = std::min(a.channels, b.channels);
  for (std::size_t i = 0; i < std::size_t{a.width} * a.height; ++i)
    for (std::size_t c = 0; c < channels; ++c)
      largest =
        std::max(largest, std::abs(a.samples[i * a.channels + c] - b.samples[i * b.channels + c]));
  return largest;
}

} // namespace convertd
