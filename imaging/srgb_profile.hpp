// The profile that pictures are converted to, and those of files that have numbers in place of one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace convertd {

/// sRGB (IEC 61966-2-1) as an ICC version 4 matrix profile of about half a kilobyte.
std::vector<std::uint8_t> srgb_profile();

/// Whether an ICC profile means the same by other words: its primaries, and its curves at some
/// points. False for a damaged one.
bool is_srgb(std::span<const std::byte> profile);

/// The profile that says what these numbers of ITU-T H.273 say, as AVIF and HEIF have them. Empty
/// where that is sRGB or not known, and for PQ and HLG, which no matrix profile can say.
std::vector<std::uint8_t> cicp_profile(unsigned primaries, unsigned transfer);

} // namespace convertd
