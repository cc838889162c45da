// Image files taken apart and put together by hand: what ImageMagick would not write.
#pragma once

#include "imaging/imaging.hpp"
#include "tests/support/pictures.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace convertd {

inline std::string little_endian(std::uint32_t x, int size) {
  std::string text;
  for (int i = 0; i < size; ++i)
    text.push_back(static_cast<char>(x >> (8 * i)));
  return text;
}

inline std::string big_endian(std::uint32_t x) {
  auto text = little_endian(x, 4);
  return {text.rbegin(), text.rend()};
}

inline std::string png_chunk(const std::string& name, const std::string& data) {
  auto body = name + data;
  return big_endian(static_cast<std::uint32_t>(data.size())) + body
         + big_endian(crc32_of(as_bytes_view(body)));
}

constexpr std::size_t png_after_ihdr = 8 + 12 + 13;

/// With an eXIf chunk before the pixels. `block` as from exif_block().
inline std::string png_with_exif(const std::string& png, const std::string& block) {
  auto exif = png_chunk("eXIf", block.substr(6)); // from the TIFF header on
  return png.substr(0, png_after_ihdr) + exif + png.substr(png_after_ihdr);
}

inline std::string webp_chunk(const std::string& name, const std::string& data) {
  return name + little_endian(static_cast<std::uint32_t>(data.size()), 4) + data
         + std::string(data.size() % 2, '\0');
}

inline std::string webp_file(const std::string& chunks) {
  return "RIFF" + little_endian(static_cast<std::uint32_t>(chunks.size() + 4), 4) + "WEBP" + chunks;
}

/// VP8X: `flags` are 2 for an animation, 8 for EXIF.
inline std::string webp_canvas(std::uint32_t flags, std::uint32_t width, std::uint32_t height) {
  return webp_chunk("VP8X", little_endian(flags, 4) + little_endian(width - 1, 3)
                              + little_endian(height - 1, 3));
}

/// The chunks of the pixels, without VP8X.
inline std::string webp_image_chunks(const raster& x, std::uint8_t quality) {
  auto chunks = as_text(encode_raster(x, image_format::webp, quality).bytes).substr(12);
  return chunks.starts_with("VP8X") ? chunks.substr(18) : chunks;
}

/// ANMF; `left` and `top` are even.
inline std::string webp_frame_chunk(const raster& x, std::uint32_t left = 0, std::uint32_t top = 0,
                                    std::uint8_t quality = 90) {
  return webp_chunk("ANMF", little_endian(left / 2, 3) + little_endian(top / 2, 3)
                              + little_endian(x.width - 1, 3) + little_endian(x.height - 1, 3)
                              + little_endian(100, 3) + little_endian(0, 1)
                              + webp_image_chunks(x, quality));
}

inline std::string webp_animation(std::uint32_t width, std::uint32_t height,
                                  const std::vector<std::string>& frames) {
  auto all = webp_canvas(2, width, height) + webp_chunk("ANIM", little_endian(0, 6));
  for (const auto& x : frames)
    all += x;
  return webp_file(all);
}

/// Where the first image descriptor of a GIF starts.
inline std::size_t gif_descriptor(const std::string& gif) {
  auto byte = [&](std::size_t at) { return static_cast<std::uint8_t>(gif.at(at)); };
  std::size_t at = 13;
  if ((byte(10) & 0x80) != 0)
    at += std::size_t{3} << ((byte(10) & 7) + 1);
  while (byte(at) == '!') { // an extension
    for (at += 2; byte(at) != 0; at += byte(at) + 1u) {
    }
    ++at;
  }
  return at;
}

/// The same frame, elsewhere on another logical screen.
inline std::string gif_on_screen(std::string gif, std::uint32_t width, std::uint32_t height,
                                 std::uint32_t left, std::uint32_t top) {
  gif.replace(6, 4, little_endian(width, 2) + little_endian(height, 2));
  gif.replace(gif_descriptor(gif) + 1, 4, little_endian(left, 2) + little_endian(top, 2));
  return gif;
}

} // namespace convertd
