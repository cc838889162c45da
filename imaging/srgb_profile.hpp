// The profile that pictures are converted to.
#pragma once

#include <cstdint>
#include <vector>

namespace convertd {

/// sRGB (IEC 61966-2-1) as an ICC version 4 matrix profile of about half a kilobyte.
std::vector<std::uint8_t> srgb_profile();

} // namespace convertd
