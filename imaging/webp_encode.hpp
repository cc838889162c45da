// libwebp's encoder for pictures in memory.
#pragma once

#include "imaging/engine.hpp"
#include "imaging/raster.hpp"
#include "imaging/ycc_planes.hpp"

#include <cstdint>

struct WebPConfig;
struct WebPPicture;

namespace convertd {

/// A plain file without metadata. Throws imaging_error(encode_failed), std::bad_alloc.
encoded_image encode_webp(const WebPConfig& config, WebPPicture& picture);

/// A plain file without metadata. `quality` 1..99. The planes are brought into WebP's range of
/// values in place. Throws imaging_error(encode_failed), std::bad_alloc.
encoded_image write_webp(ycc_planes& x, std::uint8_t quality);

/// Quality 100 is without loss.
encoded_image write_webp(const raster& x, std::uint8_t quality);

} // namespace convertd
