#include "http/file_settings.hpp"

#include "http/request_refused.hpp"
#include "http/text.hpp"
#include "job/image_format.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace convertd {

namespace {

struct quality_word {
  std::string_view word;
  std::uint8_t quality;
};

constexpr std::array quality_words{
  quality_word{"low", 65},    quality_word{"fast", 65},      quality_word{"balanced", 82},
  quality_word{"medium", 82}, quality_word{"high", 92},      quality_word{"careful", 92},
  quality_word{"ultra", 100}, quality_word{"lossless", 100},
};

/// What the hosted service writes and this server does not: refused as 415, not as a typing error.
constexpr std::array<std::string_view, 40> other_outputs{
  "mp4", "webm", "mov",  "mkv",  "avi",  "m4v",  "mpeg", "mpg",  "ogv",  "wmv",
  "flv", "3gp",  "mp3",  "wav",  "aac",  "ogg",  "oga",  "opus", "flac", "m4a",
  "wma", "aiff", "zip",  "tar",  "tgz",  "gz",   "7z",   "rar",  "bz2",  "xz",
  "eps", "ps",   "docx", "xlsx", "pptx", "html", "md",   "txt",  "csv",  "json",
};

[[noreturn]] void refuse(std::string_view field, std::string message) {
  throw request_refused{ec::invalid_setting, std::move(message), std::string{field}};
}

std::string written_formats() {
  std::string out;
  for (const auto& each : all_formats())
    if (each.write)
      out.append(out.empty() ? "" : ", ").append(each.name);
  return out;
}

[[noreturn]] void refuse_format(std::string_view value, std::string_view field) {
  throw request_refused{ec::unsupported_format,
                        "This server converts images and writes " + written_formats()
                          + "; it does not write " + std::string{value} + ".",
                        std::string{field}};
}

void apply_format(conversion& to, std::string_view value, std::string_view field) {
  auto format = parse_format(value);
  bool known = format.has_value() || std::ranges::any_of(other_outputs, [&](std::string_view x) {
                 return same_word(x, value);
               });
  if (!known)
    refuse(field, std::string{field} + " must name an output format: " + written_formats() + ".");
  if (!format || !facts_of(*format).write)
    refuse_format(format ? facts_of(*format).name : value, field);
  to.target = *format;
}

void apply_compression(conversion& to, std::string_view value, std::string_view field) {
  constexpr std::uint64_t quality_max = 100;
  auto word =
    std::ranges::find_if(quality_words, [&](const auto& x) { return same_word(x.word, value); });
  auto number = parse_number(value);
  if (word != quality_words.end())
    to.quality = word->quality;
  else if (number && *number >= 1 && *number <= quality_max)
    to.quality = static_cast<std::uint8_t>(*number);
  else
    refuse(field, std::string{field} + " must be 1 to 100, low, balanced, high or lossless.");
}

void apply_mode(conversion& to, std::string_view value, std::string_view field) {
  auto mode = parse_compress_mode(value);
  if (!mode)
    refuse(field, "mode must be quality or target-size.");
  to.mode = *mode;
}

void apply_target(conversion& to, std::string_view value, std::string_view field) {
  auto number = parse_number(value);
  if (!number || *number == 0)
    refuse(field, "targetBytes must be a whole number of bytes, at least 1.");
  to.target_bytes = *number;
}

void apply_lossless(conversion& to, std::string_view value, std::string_view field) {
  to.lossless = read_flag(value, field).value_or(false);
}

void apply_resize(conversion& to, std::string_view value, std::string_view field) {
  auto mode = parse_resize_mode(value);
  if (!mode)
    refuse(field, "resize must be original, website, email, instagram, linkedin, ecommerce, "
                  "square, width or height.");
  to.resize = *mode;
}

/// Empty: null inside an array, which is no number for that file.
std::uint32_t read_side(std::string_view value, std::string_view field) {
  if (value.empty())
    return 0;
  auto number = parse_number(value);
  if (!number || *number == 0 || *number > UINT32_MAX)
    refuse(field, std::string{field} + " must be a whole number of pixels, at least 1.");
  return static_cast<std::uint32_t>(*number);
}

void apply_width(conversion& to, std::string_view value, std::string_view field) {
  to.width = read_side(value, field);
}

void apply_height(conversion& to, std::string_view value, std::string_view field) {
  to.height = read_side(value, field);
}

void apply_orient(conversion& to, std::string_view value, std::string_view field) {
  to.auto_orient = read_flag(value, field).value_or(true);
}

void apply_strip(conversion& to, std::string_view value, std::string_view field) {
  to.strip_metadata = read_flag(value, field).value_or(false);
}

/// For svg output, which is not offered: accepted, so that forms that always send it work.
void apply_mono(conversion&, std::string_view value, std::string_view field) {
  read_flag(value, field);
}

// name, array, convert, compress; of two for the same thing the later counts
constexpr std::array table{
  setting{"format", "formats", true, false, apply_format},
  setting{"compression", "compressions", true, true, apply_compression},
  setting{"quality", "", false, true, apply_compression},
  setting{"mode", "", false, true, apply_mode},
  setting{"targetBytes", "", false, true, apply_target},
  setting{"lossless", "", false, true, apply_lossless},
  setting{"resize", "resizes", true, false, apply_resize},
  setting{"resizeWidth", "resizeWidths", true, false, apply_width},
  setting{"resizeHeight", "resizeHeights", true, false, apply_height},
  setting{"autoOrient", "autoOrients", true, false, apply_orient},
  setting{"mono", "monos", true, false, apply_mono},
  setting{"stripMetadata", "", true, true, apply_strip},
};

void need_side(std::uint32_t side, resize_mode mode, std::string_view field) {
  if (side == 0)
    throw request_refused{ec::missing_field,
                          "resize " + std::string{name_of(mode)} + " needs " + std::string{field}
                            + ".",
                          std::string{field}};
}

void check_compress(conversion& x) {
  if (x.mode == compress_mode::quality)
    x.target_bytes = 0;
  else if (x.target_bytes == 0)
    throw request_refused{ec::missing_field, "mode target-size needs targetBytes.", "targetBytes"};
}

} // namespace

std::span<const setting> file_settings() {
  return table;
}

std::optional<bool> read_flag(std::string_view value, std::string_view field) {
  if (value.empty())
    return std::nullopt;
  if (value != "true" && value != "false")
    refuse(field, std::string{field} + " must be true or false.");
  return value == "true";
}

void check_complete(conversion& x) {
  if (x.op == operation::compress)
    return check_compress(x);
  if (x.target == image_format::unknown)
    throw request_refused{ec::missing_field, "format is missing.", "format"};
  if (x.resize == resize_mode::square || x.resize == resize_mode::width) {
    need_side(x.width, x.resize, "resizeWidth");
    x.height = 0;
  } else if (x.resize == resize_mode::height) {
    need_side(x.height, x.resize, "resizeHeight");
    x.width = 0;
  } else {
    x.width = x.height = 0; // the mode has numbers of its own, or none
  }
}

} // namespace convertd
