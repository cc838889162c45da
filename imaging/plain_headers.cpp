#include "imaging/plain_headers.hpp"

#include "imaging/bytes.hpp"
#include "imaging/exif.hpp"
#include "imaging/imaging.hpp"
#include "imaging/jpeg_segments.hpp"
#include "imaging/png_chunks.hpp"
#include "imaging/png_file.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>

namespace convertd {

namespace {

/// About what JPEG can say; of PNG libpng refuses only sides beyond a million.
constexpr std::uint32_t side_max = 65'500;

bool is_likely_side(std::uint32_t x) {
  return x > 0 && x <= side_max;
}

// --- PNG (W3C, section 11.2.1) -------------------------------------------------------------------

constexpr std::size_t ihdr_size = 13;

bool is_signed(bytes_view source) {
  constexpr std::string_view signature = "\x89PNG\r\n\x1A\n";
  static_assert(signature.size() == png_signature);
  return source.size() >= png_signature
         && std::ranges::equal(source.first(png_signature), std::as_bytes(std::span{signature}));
}

bool is_colour_of_depth(unsigned colour, unsigned depth) {
  switch (colour) {
    case 0: return depth == 1 || depth == 2 || depth == 4 || depth == 8 || depth == 16;
    case 3: return depth == 1 || depth == 2 || depth == 4 || depth == 8;
    case 2:
    case 4:
    case 6: return depth == 8 || depth == 16;
    default: return false;
  }
}

/// Nothing of an IHDR chunk that libpng would not take.
std::optional<source_header> header_in(const png_chunk_view& ihdr) {
  constexpr std::size_t name_size = 4;
  auto named = ihdr.whole.subspan(4, name_size + ihdr.data.size());
  if (ihdr.name != "IHDR" || ihdr.data.size() != ihdr_size
      || crc32_of(named) != big_endian(ihdr.whole, 4 + named.size(), 4))
    return std::nullopt;
  auto depth = big_endian(ihdr.data, 8, 1);
  auto colour = big_endian(ihdr.data, 9, 1);
  auto interlace = big_endian(ihdr.data, 12, 1);
  source_header x{.format = image_format::png,
                  .width = big_endian(ihdr.data, 0, 4),
                  .height = big_endian(ihdr.data, 4, 4),
                  .depth = std::max(depth, 8u),
                  .alpha = colour >= 4};
  auto usual = is_colour_of_depth(colour, depth) && big_endian(ihdr.data, 10, 2) == 0
               && interlace <= 1 && is_likely_side(x.width) && is_likely_side(x.height);
  return usual ? std::optional{x} : std::nullopt;
}

// --- JPEG (ITU-T T.81, section B.2) --------------------------------------------------------------

/// Baseline, extended and progressive with Huffman codes: what all libraries read.
bool is_usual_frame(std::uint8_t marker) {
  return marker >= 0xC0 && marker <= 0xC2;
}

bool is_frame(std::uint8_t marker) {
  constexpr std::array others{0xC4, 0xC8, 0xCC}; // tables, reserved
  return marker >= 0xC0 && marker <= 0xCF && std::ranges::find(others, marker) == others.end();
}

} // namespace

std::optional<source_header> plain_png_header(bytes_view source) {
  std::optional<source_header> found;
  auto first = true, transparent = false, has_pixels = false;
  for_each_png_chunk(source, [&](const png_chunk_view& x) {
    if (std::exchange(first, false))
      found = header_in(x);
    has_pixels |= x.name == "IDAT";
    transparent |= x.name == "tRNS" && !has_pixels;
  });
  if (!found || !has_pixels || !is_signed(source))
    return std::nullopt;
  found->alpha |= transparent;
  auto block = png_exif(source);
  found->orientation = exif_orientation(std::as_bytes(std::span{block}));
  return found;
}

std::optional<source_header> plain_jpeg_header(bytes_view source) {
  source_header x{.format = image_format::jpg};
  auto frames = 0, blocks = 0;
  for (const auto& each : jpeg_head(source)) {
    if (is_jpeg_exif(each)) {
      ++blocks;
      x.orientation = exif_orientation(each.data);
    }
    if (!is_frame(each.marker))
      continue;
    constexpr std::size_t fixed_part = 6;
    if (++frames > 1 || !is_usual_frame(each.marker) || each.data.size() < fixed_part
        || big_endian(each.data, 0, 1) != x.depth)
      return std::nullopt;
    x.height = big_endian(each.data, 1, 2);
    x.width = big_endian(each.data, 3, 2);
    auto channels = big_endian(each.data, 5, 1);
    if (channels != 1 && channels != 3 && channels != 4)
      return std::nullopt;
  }
  auto usual = frames == 1 && blocks <= 1 && is_likely_side(x.width) && is_likely_side(x.height);
  return usual ? std::optional{x} : std::nullopt;
}

} // namespace convertd
