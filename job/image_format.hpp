// The formats: names, extensions, MIME types, magic bytes. Nobody else in the project knows them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace convertd {

/// Numbers are written to the store: never renumber, only append.
enum class image_format : std::uint8_t {
  unknown = 0,
  jpg = 1,
  png = 2,
  webp = 3,
  avif = 4,
  tiff = 5,
  gif = 6,
  bmp = 7,
  heif = 8,
  pdf = 9,
  ico = 10,
  cur = 11,
  jxl = 12,
  psd = 13,
  tga = 14,
  hdr = 15,
  pcx = 16,
  sgi = 17,
  jp2 = 18,
  pnm = 19,
  svg = 20,
};

struct format_facts {
  image_format format;
  std::string_view name;      ///< As the API spells it: "jpg".
  std::string_view alias;     ///< The other spelling it takes: "jpeg"; may be empty.
  std::string_view extension; ///< Of output files, without the dot.
  std::string_view mime_type;
  bool read;     ///< This build decodes it.
  bool write;    ///< This build encodes it.
  bool alpha;    ///< It can hold transparency.
  bool animated; ///< It can hold several frames that play.
};

/// All formats that the project knows by name, in the order of the API page.
std::span<const format_facts> all_formats();

/// The row of `x`; for `unknown`, a row with the name "unknown".
const format_facts& facts_of(image_format x);

/// Why files of that format are refused, as a sentence; empty where the general one says it all.
std::string_view why_not_read(image_format x);

/// From a setting's value, either spelling, any case. Nothing when it is no image format at all.
std::optional<image_format> parse_format(std::string_view name);

/// How many bytes of a file sniff() wants to see; fewer will do for a short file.
inline constexpr std::size_t sniff_bytes = 512;

/// What the first bytes say. `unknown` for everything that is no image here. PDF and SVG are told
/// apart from it so that a refusal can say why, and that what we wrote can be checked.
/// TGA has no magic; it is recognised last, by a header that is plausible in every field.
image_format sniff(std::span<const std::byte> head);

} // namespace convertd
