// WebP files as chunks: what reading and writing them share.
#pragma once

#include "imaging/engine.hpp"
#include "imaging/imaging_error.hpp"

#include <algorithm>
#include <cstdint>
#include <string_view>

namespace convertd {

inline constexpr std::size_t webp_file_head = 12; // RIFF, size, WEBP
inline constexpr std::size_t webp_chunk_head = 8; // name, size

/// Of VP8X.
enum webp_flag : std::uint32_t {
  webp_animation = 0x02,
  webp_xmp = 0x04,
  webp_exif = 0x08,
  webp_alpha = 0x10,
  webp_profile = 0x20,
};

inline std::uint32_t webp_number(bytes_view x, std::size_t at, std::size_t size) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < size; ++i)
    value |= std::to_integer<std::uint32_t>(x[at + i]) << (8 * i);
  return value;
}

inline std::string_view webp_name(bytes_view x, std::size_t at) {
  return {reinterpret_cast<const char*>(x.data()) + at, 4};
}

struct webp_chunk_view {
  std::string_view name;
  bytes_view data;  ///< As much of it as the file has.
  bytes_view whole; ///< With its head and padding.
};

/// Calls `f` with each chunk until the bytes end.
template <class F>
void for_each_webp_chunk_in(bytes_view rest, F f) {
  while (rest.size() >= webp_chunk_head) {
    auto size = std::size_t{webp_number(rest, 4, 4)};
    auto whole = rest.first(std::min(rest.size(), webp_chunk_head + size + size % 2));
    auto data = whole.subspan(webp_chunk_head);
    f(webp_chunk_view{webp_name(rest, 0), data.first(std::min(size, data.size())), whole});
    rest = rest.subspan(whole.size());
  }
}

/// The same for a whole file. Throws imaging_error(decode_failed) when it is none.
template <class F>
void for_each_webp_chunk(bytes_view file, F f) {
  if (file.size() < webp_file_head || webp_name(file, 0) != "RIFF" || webp_name(file, 8) != "WEBP")
    throw imaging_error(ec::decode_failed, "");
  for_each_webp_chunk_in(file.subspan(webp_file_head), f);
}

} // namespace convertd
