#include "imaging/imaging.hpp"

#include "imaging/compress.hpp"
#include "imaging/engines.hpp"
#include "imaging/imaging_error.hpp"
#include "imaging/steps.hpp"

#include <algorithm>
#include <string>
#include <utility>
#include <zlib.h>

namespace convertd {

namespace {

[[noreturn]] void refuse(std::string sentence) {
  throw imaging_error(ec::too_large, std::move(sentence));
}

void check_format(image_format format) {
  if (!facts_of(format).read)
    throw imaging_error(ec::unsupported_input, "");
}

void check_header(const source_header& x, const image_limits& limits) {
  if (x.width == 0 || x.height == 0)
    throw imaging_error(ec::decode_failed, "The image has no pixels.");
  auto pixels = std::uint64_t{x.width} * x.height;
  if (pixels > limits.frame_pixels_max || pixels > limits.total_pixels_max)
    refuse("The image has " + std::to_string(x.width) + " × " + std::to_string(x.height)
           + " pixels; this server's limit is "
           + std::to_string(std::min(limits.frame_pixels_max, limits.total_pixels_max))
           + " in all.");
  if (x.frames > limits.frames_max)
    refuse("The image has more than " + std::to_string(limits.frames_max) + " frames.");
}

/// Of an animation that goes on playing; of others the first frame is all that is decoded.
void check_animation(const source_header& x, const conversion& what, const image_limits& limits) {
  auto plays = facts_of(x.format).animated && facts_of(what.target).animated;
  auto pixels = std::uint64_t{x.width} * x.height * x.frames;
  if (plays && pixels > limits.total_pixels_max)
    refuse("The frames of the animation have " + std::to_string(pixels)
           + " pixels in all; this server's limit is " + std::to_string(limits.total_pixels_max)
           + ".");
}

void check_output(const source_header& x, const conversion& what, const image_limits& limits) {
  auto canvas = plan_geometry(what, working_size(x, what)).canvas;
  if (std::max(canvas.width, canvas.height) > limits.output_side_max)
    refuse("A side of the result would be longer than " + std::to_string(limits.output_side_max)
           + " pixels.");
}

encoded_image timed_compress(const source_header& header, bytes_view source,
                             const conversion& what) {
  stage_times times;
  auto result = timed(times.compress, [&] { return compress(header, source, what); });
  result.times = times;
  return result;
}

encoded_image convert(const source_header& header, bytes_view source, const conversion& what) {
  for (const auto* x : engines())
    if (x->takes(header, source, what))
      if (auto done = x->convert(header, source, what))
        return std::move(*done);
  throw imaging_error(ec::unsupported_input, "");
}

} // namespace

imaging_answer<source_header> probe_image(image_format format, bytes_view source,
                                          const image_limits& limits) noexcept {
  try {
    check_format(format);
    auto header = read_header(format, source);
    check_header(header, limits);
    return header;
  } catch (...) {
    return failure_in_flight(ec::decode_failed);
  }
}

imaging_answer<encoded_image> convert_image(const source_header& header, bytes_view source,
                                            const conversion& what,
                                            const image_limits& limits) noexcept {
  try {
    check_header(header, limits);
    check_animation(header, what, limits);
    check_output(header, what, limits);
    if (what.op == operation::compress)
      return timed_compress(header, source, what);
    return convert(header, source, what);
  } catch (...) {
    return failure_in_flight(ec::decode_failed);
  }
}

std::uint32_t crc32_of(bytes_view bytes) noexcept {
  auto first = reinterpret_cast<const Bytef*>(bytes.data());
  return static_cast<std::uint32_t>(crc32_z(crc32_z(0, nullptr, 0), first, bytes.size()));
}

} // namespace convertd
