// How the formats are compressed: one source, read once, encoded as often as asked.
#pragma once

#include "imaging/engine.hpp"

#include <memory>
#include <optional>

namespace convertd {

/// Functions throw as an engine's do.
class compressor {
public:
  virtual ~compressor() = default;

  /// The source itself, without its metadata where that is to be stripped. Nothing where the format
  /// cannot be stripped without being encoded.
  virtual std::optional<encoded_image> original() = 0;

  /// Encoded anew, and no pixel changed. Nothing where this cannot gain a byte.
  virtual std::optional<encoded_image> lossless() = 0;

  /// Encoded anew with a quality of 1..100, also between whole numbers. Nothing where the format
  /// knows no quality.
  virtual std::optional<encoded_image> lossy(double quality) = 0;

  /// A target of at least so many of the source's bytes may be met without loss.
  virtual double lossless_share() const = 0;

  /// Of the source, as far as it can be told; what is above cannot be seen.
  virtual std::optional<double> source_quality() const {
    return std::nullopt;
  }
};

// jpeg_compressor.cpp
std::unique_ptr<compressor> compress_jpeg(const source_header& header, bytes_view source,
                                          const conversion& what);

// magick_compressor.cpp
/// Every format that ImageMagick writes, one picture to a file.
std::unique_ptr<compressor> compress_with_magick(const source_header& header, bytes_view source,
                                                 const conversion& what);

/// What the compressors' encode functions have in common with the source's bytes.
inline encoded_image unchanged(const source_header& header, bytes_view source) {
  return {.bytes = source, .owner = nullptr, .width = header.width, .height = header.height};
}

} // namespace convertd
