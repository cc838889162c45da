#include "codec/client.hpp"
#include "job/geometry.hpp"

#include <cstdint>
#include <utility>

namespace convertd {

namespace {

/// libaom, on top of the picture itself: at most 14 in all but one case, in which it is 42,
/// measured at 12 megapixels. With less it fails or crashes.
std::uint64_t avif_bytes_per_pixel(const image_header& header, const conversion& what) {
  auto wide_without_loss = header.depth > 8 && what.quality == 100;
  return wide_without_loss ? 44 : 22;
}

} // namespace

std::uint64_t memory_needed(const image_header& header, const conversion& what) {
  auto memory = codec_memory(header.pixels());
  if (what.target != image_format::avif)
    return memory;
  pixel_size size{header.width, header.height};
  if (what.auto_orient && header.orientation >= 5)
    std::swap(size.width, size.height);
  auto canvas = plan_geometry(what, size).canvas;
  return memory + avif_bytes_per_pixel(header, what) * canvas.width * canvas.height;
}

} // namespace convertd
