#include "imaging/jpeg_scale.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace convertd {

namespace {

// ITU-T T.81, tables K.1 and K.2.
constexpr quant_table luma_table{
  16, 11,  10,  16, 24, 40, 51, 61, 12,  12,  14,  19,  26, 58, 60, 55,  14,  13,  16,  24, 40, 57,
  69, 56,  14,  17, 22, 29, 51, 87, 80,  62,  18,  22,  37, 56, 68, 109, 103, 77,  24,  35, 55, 64,
  81, 104, 113, 92, 49, 64, 78, 87, 103, 121, 120, 101, 72, 92, 95, 98,  112, 100, 103, 99,
};
constexpr quant_table chroma_table{
  17, 18, 24, 47, 99, 99, 99, 99, 18, 21, 26, 66, 99, 99, 99, 99, 24, 26, 56, 99, 99, 99,
  99, 99, 47, 66, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99,
  99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99,
};

} // namespace

quant_table scaled_table(bool luma, double quality) {
  auto percent = quality < 50 ? 5000 / quality : 200 - 2 * quality;
  quant_table out;
  std::ranges::transform(luma ? luma_table : chroma_table, out.begin(), [&](std::uint16_t x) {
    return static_cast<std::uint16_t>(std::clamp(std::floor((x * percent + 50) / 100), 1.0, 255.0));
  });
  return out;
}

double quality_of_mean(double mean) {
  auto whole = std::accumulate(luma_table.begin(), luma_table.end(), 0.0);
  auto factor = mean * static_cast<double>(luma_table.size()) / whole;
  return std::clamp(factor > 1 ? 50 / factor : 100 - 50 * factor, 1.0, 100.0);
}

} // namespace convertd
