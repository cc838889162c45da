// GIF files as blocks.
#pragma once

#include "imaging/engine.hpp"

#include <vector>

namespace convertd {

/// The same frames without comments, texts and what programs put in (XMP); how often to play and
/// the profile stay. Empty when the file is damaged.
std::vector<std::byte> strip_gif(bytes_view source);

} // namespace convertd
