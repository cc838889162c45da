// What to do to one image: the settings of api.md section 2 once they have been read and checked.
#pragma once

#include "job/image_format.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace convertd {

/// Numbers are written to the store: never renumber, only append.
enum class resize_mode : std::uint8_t {
  original = 0,
  website = 1,
  email = 2,
  instagram = 3,
  linkedin = 4,
  ecommerce = 5,
  square = 6,
  width = 7,
  height = 8,
};

std::string_view name_of(resize_mode x);
std::optional<resize_mode> parse_resize_mode(std::string_view name);

inline constexpr std::uint8_t default_quality = 82;

/// One file's conversion. For the modes with a box of their own (website … ecommerce) `width` and
/// `height` hold the numbers of the configuration at the time the job was accepted, so that a job
/// means the same after a change of the configuration. 0 = not given.
struct conversion {
  image_format target = image_format::unknown;
  std::uint8_t quality = default_quality; ///< 1..100
  resize_mode resize = resize_mode::original;
  std::uint32_t width = 0;  ///< Pixels; see above.
  std::uint32_t height = 0; ///< Pixels; see above.
  bool auto_orient = true;  ///< Apply the EXIF orientation to the pixels.
  bool strip_metadata = false;

  friend bool operator==(const conversion&, const conversion&) = default;
};

/// The boxes of the named modes, in pixels; part of the configuration.
struct resize_boxes {
  std::uint32_t website_width = 1920;
  std::uint32_t email_width = 1200;
  std::uint32_t instagram_width = 1080;
  std::uint32_t instagram_height = 1080;
  std::uint32_t linkedin_width = 1200;
  std::uint32_t linkedin_height = 627;
  std::uint32_t ecommerce_side = 2000;
};

/// Fills `width` and `height` of a named mode from `boxes`; leaves square, width, height alone.
void fill_named_box(conversion& x, const resize_boxes& boxes);

} // namespace convertd
