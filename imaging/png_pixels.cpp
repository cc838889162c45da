// What can be done to the pixels of a PNG picture without changing one.
#include "imaging/png_picture.hpp"

#include <algorithm>
#include <cstring>
#include <optional>
#include <unordered_map>
#include <utility>

namespace convertd {

namespace {

unsigned sample_at(const png_picture& x, const std::uint8_t* row, std::size_t column) {
  auto bit = column * x.depth; // of one channel
  return row[bit / 8] >> (8 - x.depth - bit % 8) & ((1u << x.depth) - 1);
}

/// Of a picture with 8 bits or fewer.
rgba_colour pixel(const png_picture& x, const std::uint8_t* row, std::size_t column) {
  if (x.colour == png_colour::palette) {
    auto index = sample_at(x, row, column);
    return index < x.palette.size() ? x.palette[index] : rgba_colour{0, 0, 0, 255};
  }
  if (x.depth < 8) {
    auto grey = static_cast<std::uint8_t>(sample_at(x, row, column) * 255 / ((1u << x.depth) - 1));
    return {grey, grey, grey, 255};
  }
  auto step = x.depth / 8; // of 16 bits the upper half
  const auto* p = row + column * channels_of(x.colour) * step;
  switch (x.colour) {
    case png_colour::grey: return {p[0], p[0], p[0], 255};
    case png_colour::grey_alpha: return {p[0], p[0], p[0], p[step]};
    case png_colour::rgb: return {p[0], p[step], p[2 * step], 255};
    default: return {p[0], p[step], p[2 * step], p[3 * step]};
  }
}

/// A byte for each pixel of a picture with fewer bits.
png_picture eight_bits(const png_picture& x) {
  auto out = x;
  out.depth = 8;
  out.rows.resize(out.stride() * out.height);
  auto factor = x.colour == png_colour::palette ? 1u : 255u / ((1u << x.depth) - 1);
  for (std::size_t y = 0; y < x.height; ++y)
    for (std::size_t column = 0; column < x.width; ++column)
      out.rows[y * out.width + column] =
        static_cast<std::uint8_t>(factor * sample_at(x, x.rows.data() + y * x.stride(), column));
  return out;
}

constexpr unsigned palette_max = 256;

std::uint32_t word_of(rgba_colour x) {
  std::uint32_t word = 0;
  std::memcpy(&word, x.data(), sizeof word);
  return word;
}

/// The picture with a palette; nothing when it has more than 256 colours, which most show soon.
std::optional<png_picture> with_palette(const png_picture& x) {
  std::unordered_map<std::uint32_t, std::uint8_t> places;
  std::vector<rgba_colour> colours;
  std::vector<std::uint8_t> indexes;
  for (std::size_t y = 0; y < x.height; ++y)
    for (std::size_t column = 0; column < x.width; ++column) {
      auto c = pixel(x, x.rows.data() + y * x.stride(), column);
      auto [place, fresh] =
        places.try_emplace(word_of(c), static_cast<std::uint8_t>(colours.size()));
      if (fresh && colours.size() == palette_max)
        return std::nullopt;
      if (fresh)
        colours.push_back(c);
      indexes.push_back(place->second);
    }
  return indexed_png(x.width, x.height, std::move(colours), indexes);
}

png_picture without(const png_picture& x, png_colour colour) {
  png_picture out{
    .width = x.width, .height = x.height, .depth = 8, .colour = colour, .palette = {}, .rows = {}};
  auto from = channels_of(x.colour);
  auto to = channels_of(colour);
  auto alpha_last = colour == png_colour::grey_alpha;
  out.rows.resize(out.stride() * out.height);
  for (std::size_t i = 0; i < out.rows.size() / to; ++i)
    for (unsigned c = 0; c < to; ++c)
      out.rows[i * to + c] = x.rows[i * from + (alpha_last && c == 1 ? from - 1 : c)];
  return out;
}

struct traits {
  bool opaque = true;
  bool grey = true;
};

traits traits_of(const png_picture& x) {
  traits out;
  auto step = channels_of(x.colour);
  auto alpha = x.colour == png_colour::rgba || x.colour == png_colour::grey_alpha;
  for (std::size_t i = 0; i < x.rows.size(); i += step) {
    const auto* p = &x.rows[i];
    out.opaque &= !alpha || p[step - 1] == 255;
    out.grey &= step < 3 || (p[0] == p[1] && p[1] == p[2]);
  }
  return out;
}

png_colour colour_for(const traits& x) {
  if (x.grey)
    return x.opaque ? png_colour::grey : png_colour::grey_alpha;
  return x.opaque ? png_colour::rgb : png_colour::rgba;
}

} // namespace

png_picture indexed_png(std::uint32_t width, std::uint32_t height, std::vector<rgba_colour> colours,
                        const std::vector<std::uint8_t>& indexes) {
  png_picture out{.width = width,
                  .height = height,
                  .depth = 8,
                  .colour = png_colour::palette,
                  .palette = {},
                  .rows = {}};
  out.depth = colours.size() <= 2 ? 1 : colours.size() <= 4 ? 2 : colours.size() <= 16 ? 4 : 8;
  out.palette = std::move(colours);
  out.rows.resize(out.stride() * out.height);
  for (std::size_t y = 0; y < height; ++y)
    for (std::size_t x = 0; x < width; ++x) {
      auto bit = x * out.depth;
      out.rows[y * out.stride() + bit / 8] |=
        static_cast<std::uint8_t>(indexes[y * width + x] << (8 - out.depth - bit % 8));
    }
  return out;
}

std::vector<std::uint8_t> to_rgba(const png_picture& x) {
  std::vector<std::uint8_t> out(std::size_t{x.width} * x.height * 4);
  auto* to = out.data();
  for (std::size_t y = 0; y < x.height; ++y)
    for (std::size_t column = 0; column < x.width; ++column, to += 4) {
      auto c = pixel(x, x.rows.data() + y * x.stride(), column);
      std::copy(c.begin(), c.end(), to);
    }
  return out;
}

png_picture reduce_png(png_picture x, bool grey) {
  if (x.depth != 8 || x.colour == png_colour::palette)
    return x;
  auto found = traits_of(x);
  found.grey &= grey || channels_of(x.colour) < 3;
  auto colour = colour_for(found);
  if (channels_of(colour) < channels_of(x.colour))
    x = without(x, colour);
  if (channels_of(x.colour) > 1)
    if (auto few = with_palette(x))
      return std::move(*few);
  return x;
}

png_picture turn_png(const png_picture& x, std::uint8_t orientation) {
  auto wide = x.depth < 8 ? eight_bits(x) : x;
  auto out = wide;
  auto side = orientation >= 5;
  if (side)
    std::swap(out.width, out.height);
  auto pixel_bytes = wide.pixel_bits() / 8;
  // 2, 3, 7, 8 read rows backwards; 3, 4, 6, 7 read from the last row.
  auto right = orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
  auto bottom = orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
  for (std::size_t y = 0; y < out.height; ++y)
    for (std::size_t column = 0; column < out.width; ++column) {
      auto a = side ? y : column;
      auto b = side ? column : y;
      a = right ? wide.width - 1 - a : a;
      b = bottom ? wide.height - 1 - b : b;
      std::memcpy(&out.rows[(y * out.width + column) * pixel_bytes],
                  &wide.rows[(b * wide.width + a) * pixel_bytes], pixel_bytes);
    }
  return out;
}

} // namespace convertd
