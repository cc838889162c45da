// An engine turns the bytes of one image into the bytes of another. The last, built on Magick++,
// takes everything; faster ones for common pairs of formats come before it and leave the rest to
// it.
#pragma once

#include "job/conversion.hpp"
#include "job/geometry.hpp"
#include "job/image_format.hpp"
#include "job/limits.hpp"
#include "job/stage_times.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

namespace convertd {

using bytes_view = std::span<const std::byte>;

/// What the header of an image says, before anything is decoded.
struct source_header {
  image_format format = image_format::unknown;
  std::uint32_t width = 0; ///< As stored: before the orientation is applied.
  std::uint32_t height = 0;
  std::uint32_t frames = 1; ///< Of an animation; pages of a document do not count.
  std::uint32_t depth = 8;  ///< Bits per channel.
  bool alpha = false;
  std::uint8_t orientation = 1; ///< EXIF, 1..8
};

/// True when the orientation exchanges width and height.
constexpr bool lies_on_its_side(const source_header& x) {
  return x.orientation >= 5;
}

/// The size that plan_geometry() starts from: upright when `what` asks for it, else as stored.
constexpr pixel_size working_size(const source_header& x, const conversion& what) {
  if (what.auto_orient && lies_on_its_side(x))
    return {x.height, x.width};
  return {x.width, x.height};
}

/// An encoded image. `bytes` lives as long as `owner`.
struct encoded_image {
  bytes_view bytes;
  std::shared_ptr<const void> owner;
  std::uint32_t width = 0;
  std::uint32_t height = 0;
  std::uint8_t applied_quality = 0; ///< 0 where the format knows no quality.
  std::uint8_t encodes = 1;         ///< That were needed to find it; for tests and figures.
  stage_times times{};
};

/// Functions throw imaging_error or what their libraries throw; imaging.hpp is where that ends.
class engine {
public:
  virtual ~engine() = default;

  /// For logs and tests.
  virtual std::string_view name() const = 0;

  /// Whether it does this conversion of such an image, and does it right. `source` is for what
  /// `header` does not say; no pixel is read.
  virtual bool takes(const source_header& header, bytes_view source,
                     const conversion& what) const = 0;

  /// Converts what it takes. Nothing where its decoder warns or fails: then the next engine has its
  /// turn, so that a damaged file looks the same whoever reads it. The caller has checked `header`
  /// against the limits.
  virtual std::optional<encoded_image> convert(const source_header& header, bytes_view source,
                                               const conversion& what) const = 0;
};

} // namespace convertd
