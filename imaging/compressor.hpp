// How the formats are compressed: one source, read once, encoded as often as asked.
#pragma once

#include "imaging/engine.hpp"

#include <memory>
#include <optional>
#include <vector>

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

  /// Without loss may take fewer bytes than with: worth a trial.
  virtual bool lossless_may_win() const {
    return false;
  }

  /// Bytes of every result that no quality makes smaller.
  virtual std::uint64_t fixed_bytes() const {
    return 0;
  }

  /// A target of at least so many of the source's bytes may be met without loss.
  virtual double lossless_share() const = 0;

  /// Of the source, as far as it can be told; what is above cannot be seen.
  virtual std::optional<double> source_quality() const {
    return std::nullopt;
  }
};

// unchanged.cpp
/// What compressor::original() gives.
std::optional<encoded_image> unchanged(const source_header& header, bytes_view source,
                                       const conversion& what);
/// `like` with these bytes.
encoded_image owned_image(std::vector<std::byte> bytes, encoded_image like);
/// Frames, or pages: this server's encoders would write the first alone.
bool has_more_pictures(const source_header& header, bytes_view source);
std::unique_ptr<compressor> keep_pictures(const source_header& header, bytes_view source,
                                          const conversion& what);

// jpeg_compressor.cpp, png_compressor.cpp, webp_compressor.cpp
std::unique_ptr<compressor> compress_jpeg(const source_header& header, bytes_view source,
                                          const conversion& what);

std::unique_ptr<compressor> compress_png(const source_header& header, bytes_view source,
                                         const conversion& what);
std::unique_ptr<compressor> compress_webp(const source_header& header, bytes_view source,
                                          const conversion& what);

// magick_compressor.cpp
/// Every format that is written, one picture to a file.
std::unique_ptr<compressor> compress_with_magick(const source_header& header, bytes_view source,
                                                 const conversion& what);

} // namespace convertd
