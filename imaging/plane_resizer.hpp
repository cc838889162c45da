// One channel of a picture, resized while its rows come in: no more of the source is held than the
// rows that a row of the result is made of.
#pragma once

#include "imaging/resample_axis.hpp"
#include "imaging/resample_kernels.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

namespace convertd {

/// Samples of one channel, whose rows have slack for the kernels. Not initialised.
template <class Sample>
class plane {
public:
  plane() = default;
  plane(std::uint32_t w, std::uint32_t h)
    : width{w},
      height{h},
      stride{(std::size_t{w} + kernel_slack - 1) / kernel_slack * kernel_slack + kernel_slack},
      samples_{std::make_unique_for_overwrite<Sample[]>(stride * h)} {}

  Sample* row(std::size_t y) {
    return samples_.get() + y * stride;
  }
  const Sample* row(std::size_t y) const {
    return samples_.get() + y * stride;
  }

  std::uint32_t width = 0;
  std::uint32_t height = 0;
  std::size_t stride = 0; ///< In samples.

private:
  std::unique_ptr<Sample[]> samples_;
};

template <class Sample>
class plane_resizer {
public:
  /// The result is written to `to`. At most `batch` rows come at a time, and the caller may write
  /// `room` samples of each.
  plane_resizer(resample_axis across, resample_axis down, plane<Sample>& to, std::uint32_t batch,
                std::uint32_t room)
    : across_{std::move(across)},
      down_{std::move(down)},
      to_{&to},
      ring_(std::max(room, across_.from), down_.taps + batch),
      rows_(down_.taps + 1),
      line_(std::make_unique<blend[]>(ring_.stride + weight_group)) {
    to = plane<Sample>(across_.to, down_.to);
    for (std::size_t y = 0; y < ring_.height; ++y) // the kernels read beyond the last sample
      std::fill_n(ring_.row(y), ring_.stride, Sample{});
  }

  /// Where the caller puts the row that comes after `ahead` others.
  Sample* row(std::uint32_t ahead) {
    return source_row(added_ + ahead);
  }

  /// So many rows were put. Rows beyond the last of the source are ignored.
  void add(std::uint32_t rows) {
    added_ = std::min(added_ + rows, down_.from);
    for (; done_ < down_.to; ++done_) {
      auto y = down_.backwards ? down_.to - 1 - done_ : done_;
      if (down_.first[y] + down_.taps > added_)
        return;
      make(y);
    }
  }

private:
  using blend = typename blend_of<Sample>::type;

  Sample* source_row(std::size_t y) {
    return ring_.row(y % ring_.height);
  }

  void make(std::uint32_t y) {
    auto top = down_.first[y];
    if (down_.copies && across_.copies)
      return copy(source_row(top), to_->row(y));
    for (std::uint32_t k = 0; k <= down_.taps; ++k) // one more, for an even number
      rows_[k] = source_row(std::min(top + k, top + down_.taps - 1));
    blend_rows(rows_.data(), down_.weights_of(y), down_.taps, across_.from, line_.get());
    blend_samples(line_.get(), across_, to_->row(y));
  }

  void copy(const Sample* from, Sample* to) {
    if (!across_.backwards)
      std::copy_n(from + across_.first[0], across_.to, to);
    else
      std::reverse_copy(from + across_.first.back(), from + across_.first[0] + 1, to);
  }

  resample_axis across_;
  resample_axis down_;
  plane<Sample>* to_;
  plane<Sample> ring_;
  std::vector<const Sample*> rows_;
  std::unique_ptr<blend[]> line_;
  std::uint32_t added_ = 0;
  std::uint32_t done_ = 0;
};

} // namespace convertd
