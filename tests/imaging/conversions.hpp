// Probe and convert in one go, for tests that look at the outcome.
#pragma once

#include "imaging/imaging.hpp"
#include "tests/support/pictures.hpp"

#include <gtest/gtest.h>

#include <string>

namespace convertd {

struct converted {
  failure why = {}; ///< none when it worked
  std::string bytes = {};
  std::uint32_t width = 0;
  std::uint32_t height = 0;
  std::uint8_t quality = 0;
};

inline converted convert_bytes(image_format format, const std::string& source,
                               const conversion& what, const image_limits& limits = {}) {
  auto probed = probe_image(format, as_bytes_view(source), limits);
  if (auto* why = std::get_if<failure>(&probed))
    return {.why = *why};
  auto done = convert_image(std::get<source_header>(probed), as_bytes_view(source), what, limits);
  if (auto* why = std::get_if<failure>(&done))
    return {.why = *why};
  const auto& image = std::get<encoded_image>(done);
  return {.why = {},
          .bytes = as_text(image.bytes),
          .width = image.width,
          .height = image.height,
          .quality = image.applied_quality};
}

inline source_header header_of(image_format format, const std::string& file) {
  auto probed = probe_image(format, as_bytes_view(file), {});
  EXPECT_TRUE(std::holds_alternative<source_header>(probed));
  auto* header = std::get_if<source_header>(&probed);
  return header == nullptr ? source_header{} : *header;
}

inline std::string encoded(const raster& x, image_format format, std::uint8_t quality = 95) {
  return as_text(encode_raster(x, format, quality).bytes);
}

inline raster decoded(image_format format, const std::string& bytes) {
  return decode_raster(format, as_bytes_view(bytes));
}

} // namespace convertd
