#include "job/conversion.hpp"

#include <algorithm>
#include <array>

namespace convertd {

namespace {

constexpr std::array<std::string_view, 9> names{
  "original", "website", "email", "instagram", "linkedin", "ecommerce", "square", "width", "height",
};

constexpr std::array<std::string_view, 2> mode_names{"quality", "target-size"};

} // namespace

std::string_view name_of(compress_mode x) {
  auto i = static_cast<std::size_t>(x);
  return i < mode_names.size() ? mode_names[i] : "quality";
}

std::optional<compress_mode> parse_compress_mode(std::string_view name) {
  auto found = std::ranges::find(mode_names, name);
  if (found == mode_names.end())
    return std::nullopt;
  return static_cast<compress_mode>(found - mode_names.begin());
}

void settle_for_source(conversion& x, image_format source) {
  if (x.op != operation::compress)
    return;
  x.target = source;
  x.resize = resize_mode::original;
  x.width = x.height = 0;
  x.auto_orient = x.strip_metadata;
}

std::string_view name_of(resize_mode x) {
  auto i = static_cast<std::size_t>(x);
  return i < names.size() ? names[i] : "original";
}

std::optional<resize_mode> parse_resize_mode(std::string_view name) {
  auto found = std::ranges::find(names, name);
  if (found == names.end())
    return std::nullopt;
  return static_cast<resize_mode>(found - names.begin());
}

void fill_named_box(conversion& x, const resize_boxes& boxes) {
  auto box = [&](std::uint32_t width, std::uint32_t height) {
    x.width = width;
    x.height = height;
  };
  switch (x.resize) {
    case resize_mode::original: box(0, 0); break;
    case resize_mode::website: box(boxes.website_width, 0); break;
    case resize_mode::email: box(boxes.email_width, 0); break;
    case resize_mode::instagram: box(boxes.instagram_width, boxes.instagram_height); break;
    case resize_mode::linkedin: box(boxes.linkedin_width, boxes.linkedin_height); break;
    case resize_mode::ecommerce: box(boxes.ecommerce_side, boxes.ecommerce_side); break;
    case resize_mode::square:
    case resize_mode::width:
    case resize_mode::height: break;
  }
}

} // namespace convertd
