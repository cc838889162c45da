// Pictures that tests draw, and JPEG files with an EXIF block.
#pragma once

#include "imaging/raster.hpp"

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

namespace convertd {

inline void paint(raster& x, std::uint32_t left, std::uint32_t top, std::uint32_t width,
                  std::uint32_t height, std::vector<std::uint8_t> colour) {
  for (auto row = top; row < top + height; ++row)
    for (auto column = left; column < left + width; ++column)
      std::copy_n(colour.begin(), x.channels,
                  &x.samples[(std::size_t{row} * x.width + column) * x.channels]);
}

/// A sky over ground with a red house left and a white sun right: no turn or mirror of it looks the
/// same. 4 channels: the sky fades out to the right.
inline raster draw_scene(std::uint32_t width, std::uint32_t height, std::uint32_t channels = 3) {
  raster x{.width = width, .height = height, .channels = channels, .samples = {}};
  x.samples.resize(std::size_t{width} * height * channels);
  for (std::uint32_t row = 0; row < height; ++row)
    for (std::uint32_t column = 0; column < width; ++column) {
      auto shade = static_cast<std::uint8_t>(100 + 100 * row / height);
      auto fade = static_cast<std::uint8_t>(255 - (row < height / 2 ? 200 * column / width : 0));
      paint(x, column, row, 1, 1, {static_cast<std::uint8_t>(shade / 2), shade, 220, fade});
    }
  paint(x, 0, height * 3 / 4, width, height / 4, {70, 110, 50, 255});
  paint(x, width / 8, height / 2, width / 4, height / 4, {180, 40, 30, 255});
  paint(x, width * 3 / 4, height / 8, width / 8, height / 8, {255, 255, 250, 255});
  return x;
}

/// Calls `f(x, y)` for each place of the result to learn which place of `from` goes there.
template <class F>
raster rearranged(const raster& from, std::uint32_t width, std::uint32_t height, F f) {
  raster to{.width = width, .height = height, .channels = from.channels, .samples = from.samples};
  for (std::uint32_t y = 0; y < height; ++y)
    for (std::uint32_t x = 0; x < width; ++x) {
      auto [column, row] = f(x, y);
      std::copy_n(&from.samples[(std::size_t{row} * from.width + column) * from.channels],
                  from.channels, &to.samples[(std::size_t{y} * width + x) * from.channels]);
    }
  return to;
}

/// The picture as a file with this EXIF orientation stores it.
inline raster stored_as(const raster& x, int orientation) {
  auto w = x.width, h = x.height;
  using place = std::pair<std::uint32_t, std::uint32_t>;
  switch (orientation) {
    case 2: return rearranged(x, w, h, [=](auto a, auto b) { return place{w - 1 - a, b}; });
    case 3: return rearranged(x, w, h, [=](auto a, auto b) { return place{w - 1 - a, h - 1 - b}; });
    case 4: return rearranged(x, w, h, [=](auto a, auto b) { return place{a, h - 1 - b}; });
    case 5: return rearranged(x, h, w, [=](auto a, auto b) { return place{b, a}; });
    case 6: return rearranged(x, h, w, [=](auto a, auto b) { return place{w - 1 - b, a}; });
    case 7: return rearranged(x, h, w, [=](auto a, auto b) { return place{w - 1 - b, h - 1 - a}; });
    case 8: return rearranged(x, h, w, [=](auto a, auto b) { return place{b, h - 1 - a}; });
    default: return x;
  }
}

inline std::string as_text(bytes_view bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

inline bytes_view as_bytes_view(const std::string& text) {
  return std::as_bytes(std::span{text.data(), text.size()});
}

/// "Exif\0\0" and a little-endian TIFF structure: orientation, an artist, the size tags of the EXIF
/// directory, and a directory with a thumbnail whose bytes are "THUMBNAIL".
inline std::string exif_block(int orientation, std::uint16_t width, std::uint16_t height) {
  std::string b = "II*";
  auto put = [&](std::uint32_t x, int size) {
    for (int i = 0; i < size; ++i)
      b.push_back(static_cast<char>(x >> (8 * i)));
  };
  auto entry = [&](std::uint32_t tag, std::uint32_t type, std::uint32_t count, std::uint32_t x) {
    put(tag, 2);
    put(type, 2);
    put(count, 4);
    put(x, 4);
  };
  put(0, 1);
  put(8, 4); // first directory
  put(3, 2); // 8: three entries, 42 bytes
  entry(0x0112, 3, 1, static_cast<std::uint32_t>(orientation));
  entry(0x013B, 2, 8, 110); // artist
  entry(0x8769, 4, 1, 50);  // EXIF directory
  put(80, 4);               // second directory
  put(2, 2);                // 50: two entries, 30 bytes
  entry(0xA002, 3, 1, width);
  entry(0xA003, 3, 1, height);
  put(0, 4);
  put(2, 2); // 80: two entries, 30 bytes
  entry(0x0201, 4, 1, 118);
  entry(0x0202, 4, 1, 9);
  put(0, 4);
  b += std::string("Picasso\0", 8); // 110
  b += "THUMBNAIL";                 // 118
  return std::string("Exif\0\0", 6) + b;
}

/// Puts an APP1 segment after the first marker.
inline std::string with_exif(const std::string& jpeg, const std::string& block) {
  auto size = block.size() + 2;
  std::string head{'\xFF', '\xE1', static_cast<char>(size >> 8), static_cast<char>(size & 0xFF)};
  return jpeg.substr(0, 2) + head + block + jpeg.substr(2);
}

} // namespace convertd
