#include "codec/message.hpp"

#include <algorithm>
#include <charconv>
#include <limits>

namespace convertd {

namespace {

/// A size that no format goes beyond, far above any limit in use.
constexpr std::uint32_t side_max = 1u << 30;

/// An hour is less than what fits.
std::uint32_t micros_of(std::chrono::microseconds x) {
  return static_cast<std::uint32_t>(
    std::clamp<std::int64_t>(x.count(), 0, std::numeric_limits<std::uint32_t>::max()));
}

bool known_format(std::uint8_t x) {
  return x != 0 && facts_of(static_cast<image_format>(x)).format == static_cast<image_format>(x);
}

/// Codes that a child may give: what an image can be guilty of.
bool child_may_say(std::uint16_t code) {
  switch (static_cast<ec>(code)) {
    case ec::unsupported_input:
    case ec::decode_failed:
    case ec::encode_failed:
    case ec::too_large:
    case ec::target_unreachable: return true;
    default: return false;
  }
}

/// Length of the UTF-8 sequence that `lead` starts; 0 if none does. Control characters are none.
std::size_t sequence_length(unsigned char lead) {
  if (lead >= 0x20 && lead < 0x7F)
    return 1;
  if (lead >= 0xC2 && lead <= 0xDF)
    return 2;
  if (lead >= 0xE1 && lead <= 0xEC) // 0xE0 and above 0xEC: no sentence of ours needs them
    return 3;
  return 0;
}

/// How much of the text is printable, counted from its start.
std::size_t printable_prefix(std::string_view text) {
  std::size_t at = 0;
  while (at < text.size()) {
    auto length = sequence_length(static_cast<unsigned char>(text[at]));
    if (length == 0 || at + length > text.size())
      break;
    auto tail = text.substr(at + 1, length - 1);
    if (!std::ranges::all_of(tail, [](unsigned char c) { return (c & 0xC0) == 0x80; }))
      break;
    at += length;
  }
  return at;
}

} // namespace

order_message to_message(const codec_order& x) {
  order_message y;
  y.source_offset = x.source_offset;
  y.source_length = x.source_length;
  y.frame_pixels_max = x.limits.frame_pixels_max;
  y.total_pixels_max = x.limits.total_pixels_max;
  y.output_bytes_max = x.limits.output_bytes_max;
  y.time_max_ms = static_cast<std::uint64_t>(std::max<std::int64_t>(0, x.limits.time_max.count()));
  y.frames_max = x.limits.frames_max;
  y.output_side_max = x.limits.output_side_max;
  y.width = x.what.width;
  y.height = x.what.height;
  y.source_format = static_cast<std::uint8_t>(x.source_format);
  y.target = static_cast<std::uint8_t>(x.what.target);
  y.quality = x.what.quality;
  y.resize = static_cast<std::uint8_t>(x.what.resize);
  y.auto_orient = x.what.auto_orient ? 1 : 0;
  y.strip_metadata = x.what.strip_metadata ? 1 : 0;
  y.operation = static_cast<std::uint8_t>(x.what.op);
  y.mode = static_cast<std::uint8_t>(x.what.mode);
  y.target_bytes = x.what.target_bytes;
  y.lossless = x.what.lossless ? 1 : 0;
  return y;
}

codec_order to_order(const order_message& x) {
  codec_order y;
  y.source_format = static_cast<image_format>(x.source_format);
  y.source_offset = x.source_offset;
  y.source_length = x.source_length;
  y.what = {.target = static_cast<image_format>(x.target),
            .quality = x.quality,
            .resize = static_cast<resize_mode>(x.resize),
            .width = x.width,
            .height = x.height,
            .auto_orient = x.auto_orient != 0,
            .strip_metadata = x.strip_metadata != 0,
            .op = static_cast<operation>(x.operation),
            .mode = static_cast<compress_mode>(x.mode),
            .target_bytes = x.target_bytes,
            .lossless = x.lossless != 0};
  y.limits = {.frame_pixels_max = x.frame_pixels_max,
              .frames_max = x.frames_max,
              .total_pixels_max = x.total_pixels_max,
              .output_side_max = x.output_side_max,
              .time_max = std::chrono::milliseconds(x.time_max_ms),
              .output_bytes_max = x.output_bytes_max};
  return y;
}

header_message to_message(const image_header& x) {
  header_message y;
  y.width = x.width;
  y.height = x.height;
  y.frames = x.frames;
  y.depth = x.depth;
  y.format = static_cast<std::uint8_t>(x.format);
  y.alpha = x.alpha ? 1 : 0;
  y.orientation = x.orientation;
  return y;
}

image_header to_header(const header_message& x) {
  return {.format = static_cast<image_format>(x.format),
          .width = x.width,
          .height = x.height,
          .frames = x.frames,
          .depth = x.depth,
          .alpha = x.alpha != 0,
          .orientation = x.orientation};
}

result_message to_message(const codec_result& x) {
  result_message y;
  y.size = x.size;
  y.crc32 = x.crc32;
  y.width = x.width;
  y.height = x.height;
  y.applied_quality = x.applied_quality;
  y.decode_us = micros_of(x.times.decode);
  y.transform_us = micros_of(x.times.transform);
  y.encode_us = micros_of(x.times.encode);
  y.compress_us = micros_of(x.times.compress);
  return y;
}

codec_result to_result(const result_message& x) {
  return {.size = x.size,
          .crc32 = x.crc32,
          .width = x.width,
          .height = x.height,
          .applied_quality = x.applied_quality,
          .times = {.decode = std::chrono::microseconds{x.decode_us},
                    .transform = std::chrono::microseconds{x.transform_us},
                    .encode = std::chrono::microseconds{x.encode_us},
                    .compress = std::chrono::microseconds{x.compress_us}}};
}

whole_message to_message(const at_once_answer& x) {
  whole_message y;
  y.header = to_message(x.header);
  y.done = x.result ? 1 : 0;
  if (x.result)
    y.result = to_message(*x.result);
  return y;
}

at_once_answer to_answer(const whole_message& x) {
  at_once_answer y{.header = to_header(x.header), .result = {}};
  if (x.done != 0)
    y.result = to_result(x.result);
  return y;
}

refusal_message to_message(const failure& x) {
  refusal_message y;
  y.code = static_cast<std::uint16_t>(x.code);
  auto text = std::string_view{x.message}.substr(0, y.text.size());
  text = text.substr(0, printable_prefix(text));
  std::ranges::copy(text, y.text.begin());
  std::from_chars(x.detail.data(), x.detail.data() + x.detail.size(), y.detail);
  y.length = static_cast<std::uint8_t>(text.size());
  return y;
}

failure to_failure(const refusal_message& x) {
  failure y;
  y.code = static_cast<ec>(x.code);
  y.message.assign(x.text.data(), x.length);
  if (x.detail != 0)
    y.detail = std::to_string(x.detail);
  return y;
}

bool valid(const header_message& x) {
  return known_format(x.format) && x.width >= 1 && x.width <= side_max && x.height >= 1
         && x.height <= side_max && x.frames >= 1 && x.frames <= side_max && x.depth >= 1
         && x.depth <= 64 && x.alpha <= 1 && x.orientation >= 1 && x.orientation <= 8;
}

bool valid(const result_message& x) {
  return x.size >= 1 && x.size <= std::numeric_limits<std::int64_t>::max() && x.width >= 1
         && x.width <= side_max && x.height >= 1 && x.height <= side_max && x.applied_quality <= 100
         && x.spent <= 1;
}

bool valid(const whole_message& x) {
  return valid(x.header) && x.done <= 1 && (x.done == 0 || valid(x.result));
}

bool valid(const refusal_message& x) {
  return child_may_say(x.code) && x.spent <= 1 && x.length <= x.text.size()
         && printable_prefix({x.text.data(), x.length}) == x.length;
}

} // namespace convertd
