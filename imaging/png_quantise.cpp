#include "imaging/imaging_error.hpp"
#include "imaging/png_picture.hpp"

#include <libimagequant.h>
#include <memory>
#include <new>

namespace convertd {

namespace {

template <auto F>
struct destroyer {
  template <class T>
  void operator()(T* x) const {
    F(x);
  }
};
using attributes = std::unique_ptr<liq_attr, destroyer<liq_attr_destroy>>;
using source_image = std::unique_ptr<liq_image, destroyer<liq_image_destroy>>;
using quantised = std::unique_ptr<liq_result, destroyer<liq_result_destroy>>;

/// From 1, all effort, to 10.
int speed_for(std::uint64_t pixels) {
  return pixels <= 1'000'000 ? 4 : pixels <= 4'000'000 ? 7 : 10;
}

void require(liq_error x) {
  if (x == LIQ_OUT_OF_MEMORY)
    throw std::bad_alloc();
  if (x != LIQ_OK)
    throw imaging_error(ec::encode_failed, "");
}

std::vector<rgba_colour> palette_of(liq_result& from) {
  const auto* palette = liq_get_palette(&from);
  std::vector<rgba_colour> out;
  for (unsigned i = 0; i < palette->count; ++i) {
    const auto& c = palette->entries[i];
    out.push_back({c.r, c.g, c.b, c.a});
  }
  return out;
}

} // namespace

std::optional<png_picture> quantise_png(const png_picture& x, int quality, int least) {
  auto rgba = to_rgba(x);
  auto width = static_cast<int>(x.width);
  auto height = static_cast<int>(x.height);
  attributes how{liq_attr_create()};
  if (how == nullptr)
    throw std::bad_alloc();
  require(liq_set_speed(how.get(), speed_for(std::uint64_t{x.width} * x.height)));
  require(liq_set_quality(how.get(), least, quality));
  source_image from{liq_image_create_rgba(how.get(), rgba.data(), width, height, 0)};
  if (from == nullptr)
    throw std::bad_alloc();
  liq_result* made = nullptr;
  auto result = liq_image_quantize(from.get(), how.get(), &made);
  quantised to{made};
  if (result == LIQ_QUALITY_TOO_LOW)
    return std::nullopt;
  require(result);
  require(liq_set_dithering_level(to.get(), 1.0F));
  std::vector<std::uint8_t> indexes(std::size_t{x.width} * x.height);
  require(liq_write_remapped_image(to.get(), from.get(), indexes.data(), indexes.size()));
  return indexed_png(x.width, x.height, palette_of(*to), indexes);
}

} // namespace convertd
