// From a plan to where the samples of each plane come from: scaling, cropping and turning in one.
#pragma once

#include "imaging/engine.hpp"
#include "imaging/resample_axis.hpp"
#include "job/geometry.hpp"

namespace convertd {

/// One side of the upright result on the stored picture. Lengths are in pixels of the latter.
struct planned_side {
  double length = 1;      ///< Of a pixel of the result.
  double start = 0;       ///< Where the first pixel of the result begins.
  bool backwards = false; ///< From there on towards the picture's beginning.
  std::uint32_t pixels = 1;
};

struct planned_sides {
  planned_side across; ///< Of the result …
  planned_side down;
  bool transposed = false; ///< … which lie down and across on the stored picture.
};

/// `plan` as plan_geometry() made it of `header` and `what`.
planned_sides plan_sides(const source_header& header, const conversion& what, const geometry& plan);

/// For a plane that has `from` samples, `density` of them to a pixel of the stored picture, and of
/// which one sample of the result covers `pixels` pixels of it.
axis_plan axis_of(const planned_side& x, std::uint32_t from, double density, std::uint32_t pixels);

/// What a decoder of JPEG leaves of a side is at least so many times what is wanted: its blocks are
/// cut out of frequencies and not resampled, which shows in what is not made smaller any more.
inline constexpr double least_left = 1.5;

/// The eighths (8, 4, 2, 1) of the stored picture that are enough to make the result of.
unsigned eighths_for(const planned_sides& x);

} // namespace convertd
