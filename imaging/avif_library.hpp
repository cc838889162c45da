// What reading and writing AVIF share: owners for libavif's structures, and what its versions 0.11
// (Debian 12) and 1 (Debian 13) call by different names.
#pragma once

#include "imaging/imaging_error.hpp"

#include <Magick++.h>

#include <array>
#include <avif/avif.h>
#include <cstdint>
#include <memory>
#include <new>
#include <type_traits>
#include <vector>

namespace convertd {

template <auto Destroy>
struct avif_deleter {
  template <class T>
  void operator()(T* x) const {
    Destroy(x);
  }
};

using avif_decoder = std::unique_ptr<avifDecoder, avif_deleter<avifDecoderDestroy>>;
using avif_encoder = std::unique_ptr<avifEncoder, avif_deleter<avifEncoderDestroy>>;
using avif_picture = std::unique_ptr<avifImage, avif_deleter<avifImageDestroy>>;

template <class T>
T owned(T x) {
  if (!x)
    throw std::bad_alloc();
  return x;
}

inline void require(avifResult result, ec otherwise) {
  if (result == AVIF_RESULT_OUT_OF_MEMORY)
    throw std::bad_alloc();
  if (result != AVIF_RESULT_OK)
    throw imaging_error(otherwise, "");
}

/// Calls what has a result in version 1 only; there it is one of memory.
template <class F, class... Arguments>
void do_set(F f, Arguments... arguments) {
  if constexpr (std::is_void_v<std::invoke_result_t<F, Arguments...>>)
    f(arguments...);
  else
    require(f(arguments...), ec::encode_failed);
}

inline std::uint8_t& mirror_axis(avifImage& x) {
#if AVIF_VERSION >= 1000000
  return x.imir.axis;
#else
  return x.imir.mode;
#endif
}

/// What AVIF has in place of the eight EXIF orientations.
struct avif_turn {
  std::uint8_t quarters; ///< Against the clock, and then …
  int mirror;            ///< … -1 = not, 0 = top and bottom change places, 1 = left and right.

  friend bool operator==(const avif_turn&, const avif_turn&) = default;
};

/// By EXIF orientation, from 1.
inline constexpr std::array avif_turns{avif_turn{0, -1}, avif_turn{0, 1}, avif_turn{2, -1},
                                       avif_turn{0, 0},  avif_turn{1, 0}, avif_turn{3, -1},
                                       avif_turn{1, 1},  avif_turn{1, -1}};

/// Rows that are changed from or to RGB at once: whole pictures as RGB are as large as all the
/// rest.
inline constexpr std::uint32_t band_rows = 64;

/// Samples of some rows, in RGBA order: 16 bits where the picture has more than 8.
class rgb_band {
public:
  rgb_band(const avifImage& x, std::uint32_t rows)
    : storage_{x.depth > 8 ? Magick::ShortPixel : Magick::CharPixel},
      row_bytes_{std::size_t{x.width} * (x.depth > 8 ? 8 : 4)},
      bytes_(row_bytes_ * rows) {}

  /// To convert `x` from or to.
  avifRGBImage over(const avifImage& x) {
    avifRGBImage rgb;
    avifRGBImageSetDefaults(&rgb, &x);
    rgb.depth = storage_ == Magick::ShortPixel ? 16 : 8;
    rgb.format = AVIF_RGB_FORMAT_RGBA;
    rgb.ignoreAlpha = x.alphaPlane == nullptr;
    rgb.pixels = bytes_.data();
    rgb.rowBytes = static_cast<std::uint32_t>(row_bytes_);
    return rgb;
  }

  void* row(std::uint32_t y) {
    return bytes_.data() + y * row_bytes_;
  }
  Magick::StorageType storage() const {
    return storage_;
  }

private:
  Magick::StorageType storage_;
  std::size_t row_bytes_;
  std::vector<std::uint8_t> bytes_;
};

/// A view of some rows, which shares their memory with `x`.
inline avif_picture rows_of(const avifImage& x, std::uint32_t top, std::uint32_t rows,
                            ec otherwise) {
  auto view = owned(avif_picture{avifImageCreateEmpty()});
  avifCropRect rect{0, top, x.width, rows};
  require(avifImageSetViewRect(view.get(), &x, &rect), otherwise);
  return view;
}

} // namespace convertd
