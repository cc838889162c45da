// PNG files as chunks: taken apart, put together, and copied without metadata.
#pragma once

#include "imaging/bytes.hpp"

#include <cstdint>
#include <string_view>
#include <vector>

namespace convertd {

struct png_chunk_view {
  std::string_view name;
  bytes_view data;
  bytes_view whole; ///< With size, name and CRC.
};

inline constexpr std::size_t png_signature = 8;

/// Calls `f` with each whole chunk, IEND the last; what follows is not looked at.
template <class F>
void for_each_png_chunk(bytes_view source, F f) {
  constexpr std::size_t around = 12; // size, name, CRC
  auto rest = source.subspan(std::min(png_signature, source.size()));
  for (std::string_view name; rest.size() >= around && name != "IEND";) {
    std::size_t size = big_endian(rest, 0, 4);
    if (size > rest.size() - around)
      return;
    name = text_of(rest.subspan(4, 4));
    f(png_chunk_view{name, rest.subspan(8, size), rest.first(around + size)});
    rest = rest.subspan(around + size);
  }
}

/// Whether a chunk makes the picture itself: its pixels, its palette.
bool is_critical_png(std::string_view name);

/// Whether a chunk says what the colours mean or how large a pixel is: no metadata.
bool is_png_colour(std::string_view name);

/// Frames beside the first picture (APNG).
bool is_animated_png(bytes_view source);

/// The signature and the chunks for which `keep(name)` holds.
template <class F>
std::vector<std::byte> filter_png(bytes_view source, F keep) {
  std::vector<std::byte> out{
    source.begin(),
    source.begin() + static_cast<std::ptrdiff_t>(std::min(png_signature, source.size()))};
  for_each_png_chunk(source, [&](const png_chunk_view& x) {
    if (keep(x.name))
      out.insert(out.end(), x.whole.begin(), x.whole.end());
  });
  return out;
}

/// The same picture, or frames, without metadata. An orientation other than 1 is said in an eXIf
/// chunk with nothing else in it.
std::vector<std::byte> strip_png(bytes_view source, std::uint8_t orientation);

void append_png_chunk(std::vector<std::byte>& out, std::string_view name, bytes_view data);

} // namespace convertd
