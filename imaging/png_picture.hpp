// A PNG picture in memory as its file has it: bit depth, palette and all.
#pragma once

#include "imaging/engine.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

namespace convertd {

/// The file's number for what a pixel is made of.
enum class png_colour : std::uint8_t { grey = 0, rgb = 2, palette = 3, grey_alpha = 4, rgba = 6 };

constexpr unsigned channels_of(png_colour x) {
  return x == png_colour::rgb ? 3 : x == png_colour::rgba ? 4 : x == png_colour::grey_alpha ? 2 : 1;
}

using rgba_colour = std::array<std::uint8_t, 4>;

struct png_picture {
  std::uint32_t width = 0;
  std::uint32_t height = 0;
  unsigned depth = 8; ///< Bits of a sample: 1, 2, 4, 8, 16.
  png_colour colour = png_colour::rgb;
  std::vector<rgba_colour> palette;
  std::vector<std::uint8_t> rows; ///< Without gaps between them; 16 bits are big endian.

  std::size_t pixel_bits() const {
    return std::size_t{depth} * channels_of(colour);
  }
  std::size_t stride() const {
    return (pixel_bits() * width + 7) / 8;
  }
};

/// Decodes. A colour that stands for transparency becomes an alpha channel; interlaced rows are put
/// in order. Reads no other chunks than those of the pixels. Throws imaging_error(decode_failed).
png_picture read_png(bytes_view source);

/// Without a channel, or with a palette, where the pixels allow it; every pixel stays as it is.
/// Of 8 bits only: what has 16 keeps 16. `grey`: without colour, where there is none; a profile for
/// colours forbids that.
png_picture reduce_png(png_picture x, bool grey);

/// Turned upright from this EXIF orientation.
png_picture turn_png(const png_picture& x, std::uint8_t orientation);

/// One index for each pixel, row by row; as few bits as the palette needs.
png_picture indexed_png(std::uint32_t width, std::uint32_t height, std::vector<rgba_colour> colours,
                        const std::vector<std::uint8_t>& indexes);

/// 8 bits red, green, blue, alpha for each pixel.
std::vector<std::uint8_t> to_rgba(const png_picture& x);

/// With at most 256 colours, as few as `quality` (1..100) needs. Its palette is chosen and its
/// pixels are dithered by libimagequant. Nothing when 256 are too few for the quality `least`.
std::optional<png_picture> quantise_png(const png_picture& x, int quality, int least);

} // namespace convertd
