#include "imaging/pixel_buffer.hpp"

#include "imaging/imaging_error.hpp"
#include "imaging/png_picture.hpp"
#include "imaging/sample_rows.hpp"

#include <algorithm>
#include <new>
#include <utility>
#include <webp/decode.h>

namespace convertd {

namespace {

raster blank(std::uint32_t width, std::uint32_t height, std::uint32_t channels) {
  raster x{.width = width, .height = height, .channels = channels, .samples = {}};
  x.samples.resize(std::size_t{width} * height * channels);
  return x;
}

template <class Row>
void for_each_row(raster& x, Row f) {
  auto stride = std::size_t{x.width} * x.channels;
  for (std::uint32_t y = 0; y < x.height; ++y)
    f(y, x.samples.data() + y * stride);
}

raster transposed(const raster& x) {
  constexpr std::uint32_t tile = 16; // rows and columns that stay in the cache
  auto out = blank(x.height, x.width, x.channels);
  auto place = [](const raster& r, std::uint32_t row, std::uint32_t column) {
    return (std::size_t{row} * r.width + column) * r.channels;
  };
  for (std::uint32_t top = 0; top < x.height; top += tile)
    for (std::uint32_t left = 0; left < x.width; left += tile)
      for (auto column = left; column < std::min(left + tile, x.width); ++column)
        for (auto row = top; row < std::min(top + tile, x.height); ++row)
          std::copy_n(&x.samples[place(x, row, column)], x.channels,
                      &out.samples[place(out, column, row)]);
  return out;
}

bool changes_nothing(const raster& x, const planned_side& across, const planned_side& down) {
  auto same = [](const planned_side& side, std::uint32_t pixels) {
    return side.length == 1 && !side.backwards && side.pixels == pixels;
  };
  return same(across, x.width) && same(down, x.height);
}

} // namespace

raster transformed(raster x, const planned_sides& sides) {
  const auto& across = sides.transposed ? sides.down : sides.across;
  const auto& down = sides.transposed ? sides.across : sides.down;
  if (!changes_nothing(x, across, down)) {
    auto out = blank(across.pixels, down.pixels, x.channels);
    rows_resizer<std::uint8_t> rows{lanczos_axis(axis_of(across, x.width, 1, 1)),
                                    lanczos_axis(axis_of(down, x.height, 1, 1)), x.channels,
                                    x.channels == 4};
    for_each_row(x, [&](std::uint32_t, const std::uint8_t* row) { rows.add(row); });
    for_each_row(out, [&](std::uint32_t y, std::uint8_t* row) { rows.get(y, row); });
    x = std::move(out);
  }
  return sides.transposed ? transposed(x) : x;
}

raster flattened(const raster& x) {
  auto out = blank(x.width, x.height, 3);
  auto* to = out.samples.data();
  for (std::size_t i = 0; i < x.samples.size(); i += 4) {
    unsigned alpha = x.samples[i + 3];
    for (std::size_t c = 0; c < 3; ++c)
      *to++ =
        static_cast<std::uint8_t>((x.samples[i + c] * alpha + 255 * (255 - alpha) + 127) / 255);
  }
  return out;
}

raster read_png_pixels(bytes_view source) {
  auto picture = read_png(source);
  raster x{.width = picture.width, .height = picture.height, .channels = 3, .samples = {}};
  auto as_is = picture.depth == 8 && picture.colour == png_colour::rgb;
  if (!as_is)
    x.channels = 4;
  as_is |= picture.depth == 8 && picture.colour == png_colour::rgba;
  x.samples = as_is ? std::move(picture.rows) : to_rgba(picture);
  return x;
}

raster read_webp_pixels(bytes_view source, bool alpha) {
  auto first = reinterpret_cast<const std::uint8_t*>(source.data());
  int width = 0, height = 0;
  if (WebPGetInfo(first, source.size(), &width, &height) == 0)
    throw imaging_error(ec::decode_failed, "");
  auto x =
    blank(static_cast<std::uint32_t>(width), static_cast<std::uint32_t>(height), alpha ? 4 : 3);
  auto stride = static_cast<int>(x.width * x.channels);
  auto decode = alpha ? WebPDecodeRGBAInto : WebPDecodeRGBInto;
  if (decode(first, source.size(), x.samples.data(), x.samples.size(), stride) == nullptr)
    throw imaging_error(ec::decode_failed, "");
  return x;
}

} // namespace convertd
