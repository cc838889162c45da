#include "imaging/jpeg_coefficients.hpp"

#include <array>
#include <memory>
#include <turbojpeg.h>

namespace convertd {

std::vector<std::byte> turn_jpeg(bytes_view source, std::uint8_t orientation) {
  // What brings a picture upright, by its EXIF orientation.
  constexpr std::array<int, 9> turns{TJXOP_NONE,   TJXOP_NONE,       TJXOP_HFLIP,
                                     TJXOP_ROT180, TJXOP_VFLIP,      TJXOP_TRANSPOSE,
                                     TJXOP_ROT90,  TJXOP_TRANSVERSE, TJXOP_ROT270};
  if (orientation >= turns.size())
    return {};
  std::unique_ptr<void, int (*)(tjhandle)> handle{tjInitTransform(), tjDestroy};
  tjtransform turn{};
  turn.op = turns[orientation];
  turn.options = TJXOPT_PERFECT | TJXOPT_COPYNONE;
  unsigned char* bytes = nullptr;
  unsigned long size = 0;
  auto failed = tjTransform(handle.get(), reinterpret_cast<const unsigned char*>(source.data()),
                            source.size(), 1, &bytes, &size, &turn, 0);
  std::unique_ptr<unsigned char, void (*)(unsigned char*)> owner{bytes, tjFree};
  if (failed != 0)
    return {};
  auto first = reinterpret_cast<const std::byte*>(bytes);
  return {first, first + size};
}

} // namespace convertd
