// The smallest files of the formats that are read and not written: to warm their coders, and for
// tests.
#pragma once

#include "imaging/engine.hpp"

namespace convertd {

/// A picture of at most 8 × 8 pixels. Empty for formats that this build writes, which can make
/// their own; GIF has one, since its writer takes 80 ms and 128 MB.
bytes_view tiny_file(image_format format);

} // namespace convertd
