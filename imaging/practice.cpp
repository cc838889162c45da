#include "imaging/practice.hpp"

#include "imaging/imaging.hpp"
#include "imaging/raster.hpp"

#include <array>
#include <cstdint>
#include <vector>

namespace convertd {

namespace {

using enum image_format;

raster small_picture() {
  constexpr std::uint32_t side = 64;
  raster x{.width = side, .height = side, .channels = 3, .samples = {}};
  for (std::size_t i = 0; i < std::size_t{side} * side * x.channels; ++i)
    x.samples.push_back(static_cast<std::uint8_t>(i * i / 97));
  return x;
}

struct exercise {
  image_format format;
  encoded_image file;
};

/// Made once, in the zygote.
const std::vector<exercise>& exercises() {
  static const auto made = [] {
    std::vector<exercise> x;
    for (auto format : {png, jpg})
      x.push_back({format, encode_raster(small_picture(), format, 80)});
    return x;
  }();
  return made;
}

} // namespace

void practise() {
  const image_limits limits;
  for (const auto& x : exercises())
    for (auto target : std::array{webp, jpg}) {
      conversion what{.target = target, .resize = resize_mode::width, .width = 48};
      auto header = probe_image(x.format, x.file.bytes, limits);
      if (const auto* known = std::get_if<source_header>(&header))
        convert_image(*known, x.file.bytes, what, limits);
    }
}

} // namespace convertd
