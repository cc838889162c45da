// JPEG files as their planes, without a way through RGB.
#pragma once

#include "imaging/engine.hpp"
#include "imaging/jpeg_guard.hpp"
#include "imaging/jpeg_segments.hpp"
#include "imaging/jpeg_write.hpp"
#include "imaging/ycc_planes.hpp"

#include <array>
#include <cstdint>
#include <optional>

namespace convertd {

/// Functions throw imaging_error(decode_failed) for what libjpeg-turbo does not read, and
/// std::bad_alloc.
class jpeg_planes {
public:
  static constexpr std::size_t count = 3;
  using resizers = std::array<std::optional<plane_resizer<std::uint8_t>>, count>;

  /// Reads the header. `source` must live as long.
  explicit jpeg_planes(bytes_view source);

  /// YCbCr of 8 bits with Huffman codes, whose brightness is not the coarser plane: what the rest
  /// is for.
  bool are_plain() const;
  jpeg_density density() const;

  /// Decodes with so many eighths of the size: 8, 4, 2, 1. Before what follows.
  void start(unsigned eighths);

  /// One plane as it will be decoded.
  struct layout {
    std::uint32_t width = 0;
    std::uint32_t height = 0;
    double across = 1; ///< Samples for each pixel of the whole picture.
    double down = 1;
    std::uint32_t batch = 8; ///< Rows that come at a time.
    std::uint32_t room = 0;  ///< Samples that are written of each row.
  };
  layout layout_of(std::size_t plane) const;

  /// All rows. False when the decoder had something to object: then the result may not be what
  /// others make of the file.
  bool read(resizers& to);

private:
  void read_batch(resizers& to);

  struct decoder : jpeg_decompress_struct {
    decoder() : jpeg_decompress_struct{} {}
    decoder(const decoder&) = delete;
    decoder& operator=(const decoder&) = delete;
    ~decoder() {
      jpeg_destroy_decompress(this);
    }
  };

  jpeg_guard guard_;
  decoder from_;
};

} // namespace convertd
