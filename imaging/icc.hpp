// Colours through an ICC profile, by lcms itself: ImageMagick has it evaluate every curve of every
// pixel in floating point, which takes ten times as long.
#pragma once

#include <Magick++.h>

namespace convertd {

/// Converts a picture of red, green and blue from the colours of `profile` to sRGB: relative
/// colorimetric, black point compensated; alpha stays. Samples become ones of 8 bits, or stay of 16
/// if `wide`. False, and nothing is changed, if the profile is damaged or one of other channels.
bool rgb_to_srgb(Magick::Image& image, const Magick::Blob& profile, bool wide);

} // namespace convertd
