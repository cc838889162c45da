// The inner loops of resizing, for the processor that the program runs on.
//
// Samples have 8 or 16 bits. First rows are blended into one, then its samples into those of the
// result. What lies between has 6 bits behind the point for samples of 8 bits, none for those
// of 16.
#pragma once

#include "imaging/resample_axis.hpp"

#include <cstddef>
#include <cstdint>

namespace convertd {

/// Buffers that kernels read and write have room for so many samples more than are needed.
inline constexpr std::size_t kernel_slack = 64;

template <class Sample>
struct blend_of;
template <>
struct blend_of<std::uint8_t> {
  using type = std::int16_t;
};
template <>
struct blend_of<std::uint16_t> {
  using type = std::int32_t;
};

/// to[x] = Σ rows[k][x] × weights[k]. `rows` and `weights` have an even number of entries, not less
/// than `taps`; weights behind that are 0.
void blend_rows(const std::uint8_t* const* rows, const std::int16_t* weights, std::size_t taps,
                std::size_t width, std::int16_t* to);
void blend_rows(const std::uint16_t* const* rows, const std::int16_t* weights, std::size_t taps,
                std::size_t width, std::int32_t* to);

/// to[i] = Σ from[axis.first[i] + k] × axis.weights_of(i)[k], cut to the range of a sample.
void blend_samples(const std::int16_t* from, const resample_axis& axis, std::uint8_t* to);
void blend_samples(const std::int32_t* from, const resample_axis& axis, std::uint16_t* to);

} // namespace convertd
