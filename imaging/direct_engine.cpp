#include "imaging/direct_engine.hpp"

#include "imaging/bytes.hpp"
#include "imaging/imaging_error.hpp"
#include "imaging/jpeg_write.hpp"
#include "imaging/pixel_buffer.hpp"
#include "imaging/png_chunks.hpp"
#include "imaging/png_write.hpp"
#include "imaging/webp_chunks.hpp"
#include "imaging/webp_encode.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace convertd {

namespace {

constexpr std::uint32_t usual_gamma = 45455; // 1 / 2.2, which is what sRGB files say

/// Colours other than sRGB, and what is said and would have to be kept, are left to others.
bool is_plain_chunk(const png_chunk_view& x, bool strip) {
  constexpr std::array<std::string_view, 4> notes{"eXIf", "tEXt", "zTXt", "iTXt"};
  if (x.name == "gAMA")
    return x.data.size() == 4 && big_endian(x.data, 0, 4) == usual_gamma;
  if (x.name == "iCCP" || x.name == "cICP" || x.name == "acTL")
    return false;
  return strip || std::ranges::find(notes, x.name) == notes.end();
}

bool is_plain_png(bytes_view source, bool strip) {
  auto plain = true;
  for_each_png_chunk(source,
                     [&](const png_chunk_view& x) { plain = plain && is_plain_chunk(x, strip); });
  return plain;
}

bool is_plain_webp(bytes_view source, bool strip) {
  auto plain = true;
  for_each_webp_chunk(source, [&](const webp_chunk_view& x) {
    auto said = x.name == "EXIF" || x.name == "XMP ";
    plain = plain && x.name != "ICCP" && x.name != "ANIM" && (strip || !said);
  });
  return plain;
}

/// Of a pHYs chunk in dots per metre, rounded as ImageMagick does.
jpeg_density density_of(bytes_view png) {
  jpeg_density out;
  for_each_png_chunk(png, [&](const png_chunk_view& x) {
    if (x.name != "pHYs" || x.data.size() != 9 || std::to_integer<int>(x.data[8]) != 1)
      return;
    auto per_centimetre = [](std::uint32_t metre) {
      return static_cast<std::uint16_t>(std::clamp<std::uint32_t>(metre / 100, 1, 65535));
    };
    out = {2, per_centimetre(big_endian(x.data, 0, 4)), per_centimetre(big_endian(x.data, 4, 4))};
  });
  return out;
}

encoded_image encode_png(raster x, bytes_view source, image_format format) {
  png_picture picture{.width = x.width,
                      .height = x.height,
                      .colour = x.channels == 4 ? png_colour::rgba : png_colour::rgb,
                      .palette = {},
                      .rows = std::move(x.samples)};
  std::vector<bytes_view> size_of_pixels;
  if (format == image_format::png)
    for_each_png_chunk(source, [&](const png_chunk_view& chunk) {
      if (chunk.name == "pHYs")
        size_of_pixels.assign(1, chunk.whole);
    });
  auto bytes = std::make_shared<const std::vector<std::byte>>(
    write_png_quickly(reduce_png(std::move(picture), true), size_of_pixels));
  return {.bytes = *bytes, .owner = bytes, .width = x.width, .height = x.height};
}

encoded_image encode(raster x, const source_header& header, bytes_view source,
                     const conversion& what) {
  if (what.target == image_format::png)
    return encode_png(std::move(x), source, header.format);
  if (what.target == image_format::webp)
    return write_webp(x, what.quality);
  auto density = header.format == image_format::png ? density_of(source) : jpeg_density{};
  return write_jpeg(x.channels == 4 ? flattened(x) : std::move(x), what.quality, density);
}

raster read(const source_header& header, bytes_view source) {
  return header.format == image_format::png ? read_png_pixels(source)
                                            : read_webp_pixels(source, header.alpha);
}

} // namespace

std::string_view direct_engine::name() const {
  return "direct";
}

bool direct_engine::takes(const source_header& header, bytes_view source,
                          const conversion& what) const {
  using enum image_format;
  auto written = what.target == jpg || what.target == webp || what.target == png;
  if (!written || header.depth > 8 || header.frames != 1)
    return false;
  auto turned = header.orientation != 1 && !(what.auto_orient && what.strip_metadata);
  auto plan = plan_geometry(what, working_size(header, what));
  if (turned || plan.canvas != plan.cropped)
    return false;
  if (header.format == png)
    return is_plain_png(source, what.strip_metadata);
  return header.format == webp && is_plain_webp(source, what.strip_metadata);
}

std::optional<encoded_image> direct_engine::convert(const source_header& header, bytes_view source,
                                                    const conversion& what) const {
  auto plan = plan_geometry(what, working_size(header, what));
  stage_times times;
  raster picture;
  try {
    picture = timed(times.decode, [&] { return read(header, source); });
  } catch (const imaging_error&) {
    return std::nullopt; // ImageMagick may make something of what is left of it
  }
  if (picture.width != header.width || picture.height != header.height)
    return std::nullopt;
  picture = timed(times.transform,
                  [&] { return transformed(std::move(picture), plan_sides(header, what, plan)); });
  auto result =
    timed(times.encode, [&] { return encode(std::move(picture), header, source, what); });
  result.times = times;
  return result;
}

} // namespace convertd
