#include "imaging/ico_file.hpp"
#include "imaging/magick_compat.hpp"
#include "imaging/steps.hpp"

#include <cstdint>
#include <utility>

namespace convertd {

namespace {

pixel_size size_of(const Magick::Image& image) {
  return {static_cast<std::uint32_t>(image.columns()), static_cast<std::uint32_t>(image.rows())};
}

} // namespace

void resample(work& x) {
  auto size = x.plan.scaled;
  if (x.what.auto_orient && lies_on_its_side(x.header))
    std::swap(size.width, size.height);
  if (size_of(x.image) != size)
    x.resampler.resize(x.image, size);
}

void crop(work& x) {
  const auto& plan = x.plan;
  if (plan.cropped == plan.scaled)
    return;
  x.image.crop(Magick::Geometry(plan.cropped.width, plan.cropped.height, plan.crop_x, plan.crop_y));
  drop_page(x.image);
}

void pad(work& x) {
  const auto& plan = x.plan;
  if (plan.canvas == plan.cropped)
    return;
  auto clear = facts_of(x.what.target).alpha;
  if (clear && !has_alpha(x.image))
    x.image.alphaChannel(Magick::OpaqueAlphaChannel);
  auto at_x = -static_cast<std::ptrdiff_t>(plan.pad_x);
  auto at_y = -static_cast<std::ptrdiff_t>(plan.pad_y);
  x.image.extent(Magick::Geometry(plan.canvas.width, plan.canvas.height, at_x, at_y),
                 clear ? transparent() : white());
  drop_page(x.image);
}

void shrink(work& x) {
  if (x.what.target != image_format::ico)
    return;
  conversion to_icon{.resize = resize_mode::width, .width = icon_side_max};
  auto size = size_of(x.image);
  if (size.height > size.width)
    to_icon = {.resize = resize_mode::height, .height = icon_side_max};
  auto fitting = plan_geometry(to_icon, size).canvas;
  if (fitting != size)
    x.resampler.resize(x.image, fitting);
}

} // namespace convertd
