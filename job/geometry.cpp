#include "job/geometry.hpp"

#include <algorithm>

namespace convertd {

namespace {

geometry untouched(pixel_size size) {
  return {.scaled = size, .cropped = size, .canvas = size};
}

/// round(side × to / from), at least 1.
std::uint32_t scale(std::uint32_t side, std::uint32_t to, std::uint32_t from) {
  auto product = std::uint64_t{side} * to;
  return static_cast<std::uint32_t>(std::max<std::uint64_t>(1, (product + from / 2) / from));
}

geometry to_width(pixel_size source, std::uint32_t width) {
  if (width == 0 || width >= source.width)
    return untouched(source);
  return untouched({width, scale(source.height, width, source.width)});
}

geometry to_height(pixel_size source, std::uint32_t height) {
  if (height == 0 || height >= source.height)
    return untouched(source);
  return untouched({scale(source.width, height, source.height), height});
}

geometry crop_centre(pixel_size scaled, pixel_size wanted) {
  pixel_size cropped{std::min(wanted.width, scaled.width), std::min(wanted.height, scaled.height)};
  return {.scaled = scaled,
          .crop_x = (scaled.width - cropped.width) / 2,
          .crop_y = (scaled.height - cropped.height) / 2,
          .cropped = cropped,
          .canvas = cropped};
}

/// Fills the box and cuts off what juts out. A source that does not fill it keeps its pixels and
/// is only cut to the box's aspect.
geometry cover(pixel_size source, pixel_size box) {
  auto wider = std::uint64_t{source.width} * box.height > std::uint64_t{box.width} * source.height;
  auto enough = source.width >= box.width && source.height >= box.height;
  if (enough)
    return crop_centre(wider
                         ? pixel_size{scale(source.width, box.height, source.height), box.height}
                         : pixel_size{box.width, scale(source.height, box.width, source.width)},
                       box);
  return crop_centre(source,
                     wider ? pixel_size{scale(source.height, box.width, box.height), source.height}
                           : pixel_size{source.width, scale(source.width, box.height, box.width)});
}

/// The whole image in the middle of a square of side min(side, longer edge).
geometry contain_square(pixel_size source, std::uint32_t side_max) {
  auto longer = std::max(source.width, source.height);
  auto side = side_max == 0 ? longer : std::min(side_max, longer);
  auto plan = source.width >= source.height ? to_width(source, side) : to_height(source, side);
  plan.canvas = {side, side};
  plan.pad_x = (side - plan.cropped.width) / 2;
  plan.pad_y = (side - plan.cropped.height) / 2;
  return plan;
}

geometry square(pixel_size source, std::uint32_t side_max) {
  auto shorter = std::min(source.width, source.height);
  auto side = side_max == 0 ? shorter : std::min(side_max, shorter);
  return cover(source, {side, side});
}

} // namespace

geometry plan_geometry(const conversion& x, pixel_size source) {
  switch (x.resize) {
    case resize_mode::original: return untouched(source);
    case resize_mode::website:
    case resize_mode::email:
    case resize_mode::width: return to_width(source, x.width);
    case resize_mode::height: return to_height(source, x.height);
    case resize_mode::instagram:
    case resize_mode::linkedin: return cover(source, {x.width, x.height});
    case resize_mode::ecommerce: return contain_square(source, x.width);
    case resize_mode::square: return square(source, x.width);
  }
  return untouched(source);
}

} // namespace convertd
