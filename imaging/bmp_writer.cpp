#include "imaging/bmp_writer.hpp"

#include "imaging/imaging_error.hpp"

#include <cstdint>
#include <limits>

namespace convertd {

namespace {

constexpr std::uint32_t heads = 14 + 40;

void put(std::vector<std::byte>& out, std::uint32_t x, int size = 4) {
  for (int i = 0; i < size; ++i)
    out.push_back(static_cast<std::byte>(x >> (8 * i)));
}

void put_heads(std::vector<std::byte>& out, std::uint32_t width, std::uint32_t height,
               std::uint32_t pixels) {
  constexpr std::uint32_t dots_per_metre = 2835; // 72 dpi
  put(out, 0x4D42, 2);                           // BM
  put(out, heads + pixels);
  put(out, 0);
  put(out, heads);
  put(out, 40);
  put(out, width);
  put(out, height); // positive: the last row comes first
  put(out, 1, 2);
  put(out, 24, 2);
  put(out, 0); // not compressed
  put(out, pixels);
  put(out, dots_per_metre);
  put(out, dots_per_metre);
  put(out, 0);
  put(out, 0);
}

} // namespace

std::vector<std::byte> write_bmp(Magick::Image& image) {
  auto width = image.columns();
  auto height = image.rows();
  auto stride = (width * 3 + 3) / 4 * 4;
  auto pixels = std::uint64_t{stride} * height;
  if (pixels > std::numeric_limits<std::uint32_t>::max() - heads)
    throw imaging_error(ec::too_large, "A BMP file cannot be that large.");
  std::vector<std::byte> out;
  out.reserve(heads + pixels);
  put_heads(out, static_cast<std::uint32_t>(width), static_cast<std::uint32_t>(height),
            static_cast<std::uint32_t>(pixels));
  out.resize(heads + pixels);
  for (std::size_t y = 0; y < height; ++y) {
    auto* row = out.data() + heads + (height - 1 - y) * stride;
    image.write(0, static_cast<ssize_t>(y), width, 1, "BGR", Magick::CharPixel, row);
  }
  return out;
}

} // namespace convertd
