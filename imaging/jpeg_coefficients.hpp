// A JPEG picture as its coefficients: read once, written as often as asked with coarser steps. No
// pixel is made, so nothing is lost but what the steps take, and steps are never finer than they
// were.
#pragma once

#include "imaging/engine.hpp"
#include "imaging/jpeg_segments.hpp"

#include <memory>
#include <span>

namespace convertd {

class jpeg_coefficients {
public:
  /// Throws imaging_error(decode_failed) for what libjpeg-turbo does not read, std::bad_alloc.
  /// `source` is not needed any more afterwards.
  explicit jpeg_coefficients(bytes_view source);
  ~jpeg_coefficients();
  jpeg_coefficients(const jpeg_coefficients&) = delete;
  jpeg_coefficients& operator=(const jpeg_coefficients&) = delete;

  /// With Huffman tables of its own, and progressive unless that makes a small file larger.
  /// `quality` 1..100, also between whole numbers; 100 keeps every coefficient. Throws
  /// imaging_error(encode_failed), std::bad_alloc.
  encoded_image encode(double quality, std::span<const jpeg_segment> keep) const;

  /// About the quality that made the tables it has; above it nothing is gained.
  double source_quality() const;

private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

/// The picture turned as this EXIF orientation says, without metadata and without loss. Empty where
/// that cannot be: a side that would have to lead does not end with a whole block.
std::vector<std::byte> turn_jpeg(bytes_view source, std::uint8_t orientation);

} // namespace convertd
