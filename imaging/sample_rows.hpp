// Resizes rows of pixels, whose channels lie side by side.
#pragma once

#include "imaging/plane_resizer.hpp"

#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

namespace convertd {

/// Colours are weighted with alpha, which is the last channel where there is one.
template <class Sample>
class rows_resizer {
public:
  rows_resizer(const resample_axis& across, const resample_axis& down, std::size_t channels,
               bool alpha)
    : width_{across.from}, channels_{channels}, alpha_{alpha}, planes_(channels) {
    for (auto& x : planes_)
      resizers_.emplace_back(across, down, x, 1, across.from);
  }
  rows_resizer(const rows_resizer&) = delete;
  rows_resizer& operator=(const rows_resizer&) = delete;

  /// The next row of the source.
  void add(const Sample* pixels) {
    for (std::size_t c = 0; c < channels_; ++c)
      scatter(pixels + c, pixels + channels_ - 1, resizers_[c].row(0), is_colour(c));
    for (auto& x : resizers_)
      x.add(1);
  }

  /// A row of the result, once all of the source was added.
  void get(std::uint32_t y, Sample* pixels) const {
    for (std::size_t c = 0; c < channels_; ++c) {
      const auto* from = planes_[c].row(y);
      const auto* alpha = planes_.back().row(y);
      auto* to = pixels + c;
      for (std::uint32_t x = 0; x < planes_[c].width; ++x, to += channels_)
        *to = is_colour(c) ? divided(from[x], alpha[x]) : from[x];
    }
  }

private:
  static constexpr std::uint32_t whole = std::numeric_limits<Sample>::max();

  bool is_colour(std::size_t channel) const {
    return alpha_ && channel + 1 != channels_;
  }

  static Sample multiplied(std::uint32_t colour, std::uint32_t alpha) {
    return static_cast<Sample>((std::uint64_t{colour} * alpha + whole / 2) / whole);
  }

  static Sample divided(std::uint32_t colour, std::uint32_t alpha) {
    if (alpha == whole || alpha == 0)
      return static_cast<Sample>(colour);
    auto x = (std::uint64_t{colour} * whole + alpha / 2) / alpha;
    return static_cast<Sample>(std::min<std::uint64_t>(x, whole));
  }

  void scatter(const Sample* from, const Sample* alpha, Sample* to, bool multiply) const {
    for (std::uint32_t x = 0; x < width_; ++x, from += channels_, alpha += channels_)
      to[x] = multiply ? multiplied(*from, *alpha) : *from;
  }

  std::uint32_t width_;
  std::size_t channels_;
  bool alpha_;
  std::vector<plane<Sample>> planes_;
  std::vector<plane_resizer<Sample>> resizers_;
};

} // namespace convertd
