// Pictures in memory as rows of 8-bit RGB or RGBA: what the direct engine reads, changes and
// writes.
#pragma once

#include "imaging/planar_geometry.hpp"
#include "imaging/raster.hpp"

namespace convertd {

/// Scaled, cropped and turned in one.
raster transformed(raster x, const planned_sides& sides);

/// Over white; afterwards it has 3 channels.
raster flattened(const raster& x);

/// The picture of a PNG or WebP file. Throws imaging_error(decode_failed), std::bad_alloc.
raster read_png_pixels(bytes_view source);
raster read_webp_pixels(bytes_view source, bool alpha);

} // namespace convertd
