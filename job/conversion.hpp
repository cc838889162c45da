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

/// What is asked for: another format or size, or the same picture in fewer bytes. Numbers are
/// written to the store: never renumber, only append.
enum class operation : std::uint8_t { convert = 0, compress = 1 };

/// How a file is compressed: with a given quality, or with the best that fits a number of bytes.
/// Numbers are written to the store: never renumber, only append.
enum class compress_mode : std::uint8_t { quality = 0, target_size = 1 };

std::string_view name_of(compress_mode x);
std::optional<compress_mode> parse_compress_mode(std::string_view name);

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
  operation op = operation::convert;
  // The rest is for compress.
  compress_mode mode = compress_mode::quality;
  std::uint64_t target_bytes = 0; ///< The most that the result may have; 0 but for target_size.
  bool lossless = false;          ///< No pixel may change; quality then has no say.

  friend bool operator==(const conversion&, const conversion&) = default;
};

/// Compressing keeps format, size and place of the pixels; a picture is turned upright only where
/// the tag that says so is stripped. `source` is what sniff() made of the file; unknown when it is
/// no image, which the file's own attempt will find out. Leaves a convert alone.
void settle_for_source(conversion& x, image_format source);

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
