// Pictures that play: read and written one at a time, each on its whole canvas, so that memory does
// not grow with their number.
#pragma once

#include "imaging/engine.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace convertd {

/// RGBA with 8 bits, row by row, alpha not multiplied in.
struct canvas {
  std::uint32_t width = 0;
  std::uint32_t height = 0;
  std::vector<std::uint8_t> samples;

  canvas() = default;
  canvas(std::uint32_t w, std::uint32_t h) : width{w}, height{h}, samples(std::size_t{4} * w * h) {}
};

/// What a file says besides its pixels; empty where it does not. GIF says nothing of the kind.
struct animation_notes {
  std::string icc;
  std::string exif; ///< From the TIFF header on.
  std::string xmp;
};

/// Functions throw imaging_error or std::bad_alloc.
class animation_source {
public:
  virtual ~animation_source() = default;

  /// Shows the next frame; it stays until the next call. Nothing when there is none.
  struct shown {
    const canvas* picture;
    std::uint32_t milliseconds;
  };
  virtual std::optional<shown> next() = 0;

  /// How often it plays, 0 = for ever; known after the first frame.
  virtual std::uint32_t plays() const = 0;

  virtual animation_notes notes() const {
    return {};
  }
};

class animation_sink {
public:
  virtual ~animation_sink() = default;
  virtual void add(canvas picture, std::uint32_t milliseconds) = 0;
  virtual void keep([[maybe_unused]] animation_notes notes) {}
  virtual std::vector<std::byte> finish() = 0;
};

/// `width` × `height` is the canvas, as the header said. `source` must live as long.
std::unique_ptr<animation_source> open_gif(bytes_view source, std::uint32_t width,
                                           std::uint32_t height);
std::unique_ptr<animation_source> open_webp(bytes_view source, std::uint32_t width,
                                            std::uint32_t height);

struct animation_facts {
  std::uint32_t width = 0;
  std::uint32_t height = 0;
  std::uint32_t plays = 0;
};

std::unique_ptr<animation_sink> new_gif(const animation_facts& x);

/// `quality` 1..100; 100 is without loss.
std::unique_ptr<animation_sink> new_webp(const animation_facts& x, std::uint8_t quality);

} // namespace convertd
