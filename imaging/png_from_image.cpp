#include "imaging/png_from_image.hpp"

#include "imaging/magick_compat.hpp"
#include "imaging/pixels.hpp"
#include "imaging/png_chunks.hpp"
#include "imaging/png_write.hpp"

#include <array>
#include <cmath>
#include <cstdint>
#include <optional>
#include <utility>

namespace convertd {

namespace {

bool has_notes(const Magick::Image& image) {
  const auto* x = image.constImage();
  MagickCore::ResetImageProfileIterator(x);
  if (MagickCore::GetNextImageProfile(x) != nullptr)
    return true;
  MagickCore::ResetImagePropertyIterator(x);
  return MagickCore::GetNextImageProperty(x) != nullptr;
}

void append_number(std::vector<std::byte>& out, std::uint32_t x) {
  for (int shift = 24; shift >= 0; shift -= 8)
    out.push_back(static_cast<std::byte>(x >> shift));
}

/// How many pixels a metre has; without a unit only how they relate. Empty where nothing is said.
std::vector<std::byte> size_of_pixels(const Magick::Image& image) {
  const auto* x = image.constImage();
#if MagickLibVersion >= 0x700
  auto across = x->resolution.x, down = x->resolution.y;
#else
  auto across = x->x_resolution, down = x->y_resolution;
#endif
  if (across <= 0 || down <= 0)
    return {};
  auto inches = x->units == MagickCore::PixelsPerInchResolution;
  auto known = inches || x->units == MagickCore::PixelsPerCentimeterResolution;
  auto factor = inches ? 100 / 2.54 : known ? 100 : 1;
  std::vector<std::byte> data, chunk;
  for (auto each : {across, down})
    append_number(data, static_cast<std::uint32_t>(std::lround(std::min(each * factor, 2e9))));
  data.push_back(std::byte{known});
  append_png_chunk(chunk, "pHYs", data);
  return chunk;
}

} // namespace

bool is_plain(const Magick::Image& image, std::uint32_t depth, bool stripped) {
  return depth <= 8 && (stripped || !has_notes(image));
}

std::vector<std::byte> write_plain_png(Magick::Image& image) {
  auto alpha = has_alpha(image);
  png_picture picture{.width = static_cast<std::uint32_t>(image.columns()),
                      .height = static_cast<std::uint32_t>(image.rows()),
                      .colour = alpha ? png_colour::rgba : png_colour::rgb,
                      .palette = {},
                      .rows = {}};
  picture.rows.resize(picture.stride() * picture.height);
  take_rows(image, 0, picture.height, alpha ? "RGBA" : "RGB", Magick::CharPixel,
            picture.rows.data());
  auto dots = size_of_pixels(image);
  image = Magick::Image{};
  std::array<bytes_view, 1> extras{dots};
  return write_png_quickly(reduce_png(std::move(picture), true),
                           dots.empty() ? png_extras{} : png_extras{extras});
}

} // namespace convertd
