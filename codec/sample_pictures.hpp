// The three pictures, drawn by arithmetic.
#pragma once

#include "imaging/raster.hpp"

namespace convertd {

/// A mountain lake at dawn, 1600 × 1200.
raster draw_photo();

/// A mark with soft edges and a shadow on nothing, 640 × 640, RGBA.
raster draw_logo();

/// A page of print, a little askew, 1240 × 1754: A4 at 150 dpi.
raster draw_scan();

} // namespace convertd
