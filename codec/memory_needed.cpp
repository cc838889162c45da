#include "codec/client.hpp"
#include "job/geometry.hpp"
#include "job/limits.hpp"

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

/// And whatever the size, at the speeds from 5 down, which keep more pictures: 35 MiB, 65 MiB of
/// more than 8 bits.
std::uint64_t avif_memory_base(const image_header& header) {
  return (header.depth > 8 ? 128 : 64) * mib;
}

/// x265: 16 in all at 12 megapixels, and 120 MiB whatever the size.
constexpr std::uint64_t heif_bytes_per_pixel = 22;

/// Of the canvas: what was and what will be on it, each up to three times. Measured 38 at 12
/// megapixels.
constexpr std::uint64_t animation_bytes_per_pixel = 36;

bool goes_on_playing(const image_header& header, const conversion& what) {
  return header.frames > 1 && facts_of(header.format).animated && facts_of(what.target).animated;
}

/// About a quarter of a second of most coders.
constexpr std::uint64_t large_pixels = 4'000'000;

/// How much longer libaom and x265 take for a pixel than other encoders do.
constexpr std::uint64_t slowness_of_video_coders = 8;

} // namespace

bool is_large(const image_header& header, const conversion& what) {
  auto frames = goes_on_playing(header, what) ? header.frames : 1u;
  auto pixels = header.pixels() * frames;
  auto slow = what.target == image_format::avif || what.target == image_format::heif;
  return pixels * (slow ? slowness_of_video_coders : 1) >= large_pixels;
}

bool goes_at_once(const image_header& header, const conversion& what) {
  return header.pixels() <= at_once_pixels_max && !is_large(header, what)
         && memory_needed(header, what) <= at_once_memory;
}

std::uint64_t memory_needed(const image_header& header, const conversion& what) {
  auto memory = codec_memory(header.pixels());
  if (goes_on_playing(header, what))
    return memory + animation_bytes_per_pixel * header.pixels();
  if (what.target != image_format::avif && what.target != image_format::heif)
    return memory;
  pixel_size size{header.width, header.height};
  if (what.auto_orient && header.orientation >= 5)
    std::swap(size.width, size.height);
  auto canvas = plan_geometry(what, size).canvas;
  auto pixels = std::uint64_t{canvas.width} * canvas.height;
  if (what.target == image_format::heif)
    return memory + heif_bytes_per_pixel * pixels;
  return memory + avif_memory_base(header) + avif_bytes_per_pixel(header, what) * pixels;
}

} // namespace convertd
