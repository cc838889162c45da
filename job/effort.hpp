// How much encoders spend on a picture: bytes against time. The same for all accounts; settings.
#pragma once

#include <cstdint>

namespace convertd {

struct encoder_effort {
  std::uint32_t png_level = 4;  ///< Of libdeflate, 1 to 12.
  std::uint32_t tiff_level = 7; ///< Of zlib, 1 to 9.
  /// Of libaom, 0 (all effort) to 10; of large pictures avif_large_speed at least. At 7 a picture
  /// takes twice the time at 8, and at the same likeness 4 % fewer bytes; at 9 it has a tenth more.
  std::uint32_t avif_speed = 7;
  std::uint32_t webp_method = 4; ///< 0 to 6; of large pictures webp_frugal_method at most.
  std::uint32_t webp_animation_method = 5; ///< 0 to 6.

  friend bool operator==(const encoder_effort&, const encoder_effort&) = default;
};

} // namespace convertd
