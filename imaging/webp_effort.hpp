// How much libwebp spends on a picture.
#pragma once

#include "imaging/effort.hpp"

#include <algorithm>
#include <cstdint>

namespace convertd {

/// libwebp takes 32 bytes a pixel in all; above this it would not fit into what codec_memory()
/// grants. Frugal it takes 22, in the same time.
inline constexpr std::uint64_t webp_frugal_pixels = 12'000'000;

/// Of frugal pictures at most: half the time of 4, for 2 % more bytes.
inline constexpr int webp_frugal_method = 2;

inline bool is_webp_frugal(std::uint64_t pixels) {
  return pixels > webp_frugal_pixels;
}

inline int webp_method_for(std::uint64_t pixels) {
  auto method = static_cast<int>(effort().webp_method);
  return is_webp_frugal(pixels) ? std::min(method, webp_frugal_method) : method;
}

} // namespace convertd
