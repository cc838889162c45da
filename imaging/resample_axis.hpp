// Where the samples of one axis of a resized picture come from, and with which weights: Lanczos
// with three lobes, in whole numbers, so that every processor gives the same result.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace convertd {

/// Weights are so many parts of one.
inline constexpr int weight_bits = 14;

/// Weights of a sample of the result are padded with zeros to a multiple of this.
inline constexpr std::size_t weight_group = 16;

/// Positions and lengths are in samples of the source, whose first sample covers 0 to 1.
struct axis_plan {
  std::uint32_t from = 1; ///< Samples of the source.
  std::uint32_t to = 1;   ///< Samples of the result.
  double step = 1;        ///< Length of a sample of the result; negative: it runs backwards.
  double start = 0;       ///< Where the first sample of the result begins.
};

/// All `from` samples as `to`.
axis_plan whole_axis(std::uint32_t from, std::uint32_t to);

struct resample_axis {
  std::uint32_t from = 0;
  std::uint32_t to = 0;
  std::uint32_t taps = 1;            ///< Weights of a sample of the result, padding not counted.
  std::size_t stride = weight_group; ///< The same with padding.
  bool copies = false;    ///< Samples of the result are some of the source that follow each other.
  bool backwards = false; ///< `first` falls.
  std::vector<std::uint32_t> first;  ///< Sample of the source that the first weight is for.
  std::vector<std::int16_t> weights; ///< `stride` for each sample of the result; the sum is one.

  const std::int16_t* weights_of(std::size_t i) const {
    return weights.data() + i * stride;
  }
};

resample_axis lanczos_axis(const axis_plan& x);

} // namespace convertd
