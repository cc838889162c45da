#include "imaging/gif_palette.hpp"

#include "imaging/pixels.hpp"

#include <Magick++.h>

#include <optional>
#include <unordered_map>

namespace convertd {

namespace {

constexpr std::size_t colours_max = 255; // and one that is none

bool is_clear(const std::uint8_t* pixel) {
  return pixel[3] < 128;
}

/// Nothing where there are too many.
std::optional<gif_pixels> indexed(const std::vector<std::uint8_t>& rgba) {
  gif_pixels x;
  x.indexes.resize(rgba.size() / 4);
  std::unordered_map<std::uint32_t, std::uint8_t> known;
  known.reserve(2 * colours_max);
  auto last = std::uint32_t{0xFFFFFFFF}; // no colour
  std::uint8_t last_index = 0;
  for (std::size_t i = 0; i < x.indexes.size(); ++i) {
    const auto* pixel = &rgba[4 * i];
    auto colour = is_clear(pixel)
                    ? 0x01000000u
                    : static_cast<std::uint32_t>(pixel[0] << 16 | pixel[1] << 8 | pixel[2]);
    if (colour != last) {
      auto next = static_cast<std::uint8_t>(x.colours.size());
      auto [found, added] = known.try_emplace(colour, next);
      if (added
          && x.colours.size()
               == (x.transparent < 0 && !is_clear(pixel) ? colours_max : colours_max + 1))
        return std::nullopt;
      if (added && is_clear(pixel))
        x.transparent = next;
      if (added)
        x.colours.push_back({pixel[0], pixel[1], pixel[2]});
      last = colour;
      last_index = found->second;
    }
    x.indexes[i] = last_index;
  }
  return x;
}

/// Transparent pixels stay so, and have no part in the choice of colours but black.
void reduce(std::vector<std::uint8_t>& rgba, std::uint32_t width, std::uint32_t height) {
  for (std::size_t i = 0; i < rgba.size(); i += 4)
    if (is_clear(&rgba[i]))
      rgba[i] = rgba[i + 1] = rgba[i + 2] = 0;
  auto image = blank_image(width, height, false);
  put_rows(image, 0, height, "RGBP", Magick::CharPixel, rgba.data());
  image.quantizeColors(colours_max);
  image.quantizeDither(false); // takes 90 ms and 128 MB for each frame, and flickers
  image.quantize();
  std::vector<std::uint8_t> rgb(rgba.size() / 4 * 3);
  image.write(0, 0, width, height, "RGB", Magick::CharPixel, rgb.data());
  for (std::size_t i = 0; i < rgba.size() / 4; ++i)
    for (std::size_t c = 0; c < 3; ++c)
      rgba[4 * i + c] = rgb[3 * i + c];
}

} // namespace

gif_pixels gif_pixels_of(std::vector<std::uint8_t> rgba, std::uint32_t width,
                         std::uint32_t height) {
  auto x = indexed(rgba);
  if (!x) {
    reduce(rgba, width, height);
    x = indexed(rgba);
  }
  return x.value();
}

} // namespace convertd
