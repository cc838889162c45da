#include "job/image_format.hpp"

#include <algorithm>
#include <array>
#include <cctype>

namespace convertd {

namespace {

using enum image_format;

// format, name, alias, extension, MIME type, read, write, alpha, animated
constexpr std::array table{
  format_facts{jpg, "jpg", "jpeg", "jpg", "image/jpeg", true, true, false, false},
  format_facts{png, "png", "", "png", "image/png", true, true, true, false},
  format_facts{webp, "webp", "", "webp", "image/webp", true, true, true, true},
  format_facts{avif, "avif", "", "avif", "image/avif", true, true, true, false},
  format_facts{tiff, "tiff", "tif", "tiff", "image/tiff", true, true, true, false},
  format_facts{gif, "gif", "", "gif", "image/gif", true, true, true, true},
  format_facts{bmp, "bmp", "", "bmp", "image/bmp", true, true, false, false},
  format_facts{heif, "heif", "heic", "heic", "image/heic", true, true, true, false},
  format_facts{pdf, "pdf", "", "pdf", "application/pdf", false, true, false, false},
  format_facts{ico, "ico", "", "ico", "image/vnd.microsoft.icon", true, true, true, false},
  format_facts{cur, "cur", "", "cur", "image/vnd.microsoft.icon", true, false, true, false},
  format_facts{jxl, "jxl", "", "jxl", "image/jxl", false, false, true, false},
  format_facts{psd, "psd", "", "psd", "image/vnd.adobe.photoshop", true, false, true, false},
  format_facts{tga, "tga", "", "tga", "image/x-tga", true, false, true, false},
  format_facts{hdr, "hdr", "", "hdr", "image/vnd.radiance", true, false, false, false},
  format_facts{pcx, "pcx", "", "pcx", "image/vnd.zbrush.pcx", true, false, false, false},
  format_facts{sgi, "sgi", "", "sgi", "image/x-sgi", true, false, true, false},
  format_facts{jp2, "jp2", "", "jp2", "image/jp2", true, false, true, false},
  format_facts{pnm, "pnm", "", "pnm", "image/x-portable-anymap", true, false, false, false},
  format_facts{svg, "svg", "", "svg", "image/svg+xml", false, false, true, false},
};

constexpr format_facts unknown_facts{unknown, "unknown", "",    "bin", "application/octet-stream",
                                     false,   false,     false, false};

bool same_text(std::string_view a, std::string_view b) {
  return std::ranges::equal(
    a, b, [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}

std::string_view as_text(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

bool has_at(std::string_view head, std::size_t offset, std::string_view magic) {
  return head.size() >= offset + magic.size() && head.substr(offset, magic.size()) == magic;
}

struct magic_bytes {
  image_format format;
  std::string_view bytes;
};

using namespace std::string_view_literals;

// At offset 0, in no particular order: none is a prefix of another.
constexpr std::array magics{
  magic_bytes{jpg, "\xFF\xD8\xFF"sv},
  magic_bytes{png, "\x89PNG\r\n\x1A\n"sv},
  magic_bytes{gif, "GIF87a"sv},
  magic_bytes{gif, "GIF89a"sv},
  magic_bytes{tiff, "II*\0"sv},
  magic_bytes{tiff, "MM\0*"sv},
  magic_bytes{tiff, "II+\0"sv},
  magic_bytes{tiff, "MM\0+"sv},
  magic_bytes{psd, "8BPS"sv},
  magic_bytes{hdr, "#?RADIANCE"sv},
  magic_bytes{hdr, "#?RGBE"sv},
  magic_bytes{sgi, "\x01\xDA"sv},
  magic_bytes{jp2, "\0\0\0\x0CjP  \r\n\x87\n"sv},
  magic_bytes{jp2, "\xFF\x4F\xFF\x51"sv},
  magic_bytes{jxl, "\xFF\x0A"sv},
  magic_bytes{jxl, "\0\0\0\x0CJXL \r\n\x87\n"sv},
  magic_bytes{pdf, "%PDF-"sv},
};

/// ISO base media (HEIF, AVIF): the brands of the `ftyp` box decide; AVIF wins over HEIF.
image_format sniff_brands(std::string_view head) {
  if (!has_at(head, 4, "ftyp"))
    return unknown;
  std::size_t end = 0; // of the box
  for (auto byte : head.substr(0, 4))
    end = end << 8 | static_cast<unsigned char>(byte);
  end = std::min(end, head.size());
  auto found = unknown;
  for (std::size_t at = 8; at + 4 <= end; at = at == 8 ? 16 : at + 4) {
    auto brand = head.substr(at, 4);
    if (brand == "avif" || brand == "avis")
      return avif;
    if (brand == "heic" || brand == "heix" || brand == "mif1" || brand == "msf1" || brand == "hevc"
        || brand == "heim" || brand == "heis")
      found = heif;
  }
  return found;
}

bool is_bmp(std::string_view head) {
  // The size of the header after the file header is one of a few numbers; "BM" alone is a word.
  if (!has_at(head, 0, "BM") || head.size() < 26)
    return false;
  auto size = static_cast<unsigned char>(head[14]);
  return (size == 12 || size == 16 || size == 40 || size == 52 || size == 56 || size == 64
          || size == 108 || size == 124)
         && head[15] == 0;
}

bool is_pnm(std::string_view head) {
  return head.size() > 3 && head[0] == 'P' && head[1] >= '1' && head[1] <= '7'
         && std::isspace(static_cast<unsigned char>(head[2])) != 0;
}

/// An XML file that comes to its root soon: after a declaration, comments, a document type.
bool is_svg(std::string_view head) {
  if (head.starts_with("\xEF\xBB\xBF"))
    head.remove_prefix(3);
  head.remove_prefix(std::min(head.find_first_not_of(" \t\r\n"), head.size()));
  return head.starts_with('<') && head.find("<svg") != std::string_view::npos;
}

bool is_pcx(std::string_view head) {
  return head.size() >= 64 && head[0] == 0x0A && static_cast<unsigned char>(head[1]) <= 5
         && (head[2] == 0 || head[2] == 1)
         && (head[3] == 1 || head[3] == 2 || head[3] == 4 || head[3] == 8);
}

image_format icon_kind(std::string_view head) {
  if (head.size() < 22 || head[0] != 0 || head[1] != 0 || head[3] != 0 || head[5] != 0)
    return unknown;
  if (head[4] == 0 || head[9] != 0) // no entry; the reserved byte of the first
    return unknown;
  return head[2] == 1 ? ico : head[2] == 2 ? cur : unknown;
}

bool is_tga(std::string_view head) {
  if (head.size() < 18)
    return false;
  auto at = [&](std::size_t i) { return static_cast<unsigned char>(head[i]); };
  auto kind = at(2);
  auto depth = at(16);
  auto indexed = kind == 1 || kind == 9;
  auto kind_ok = indexed || kind == 2 || kind == 3 || kind == 10 || kind == 11;
  auto map_ok = indexed ? at(1) == 1 : at(1) <= 1;
  auto depth_ok = depth == 8 || depth == 15 || depth == 16 || depth == 24 || depth == 32;
  auto sides_ok = (at(12) | at(13)) != 0 && (at(14) | at(15)) != 0;
  return kind_ok && map_ok && depth_ok && sides_ok && (at(17) & 0xC0) == 0;
}

} // namespace

std::span<const format_facts> all_formats() {
  return table;
}

const format_facts& facts_of(image_format x) {
  auto found = std::ranges::find(table, x, &format_facts::format);
  return found == table.end() ? unknown_facts : *found;
}

std::string_view why_not_read(image_format x) {
  switch (x) {
    case svg: return "The file is an SVG drawing; this server reads images made of pixels.";
    case pdf: return "The file is a PDF document; this server reads images made of pixels.";
    case jxl: return "The file is a JPEG XL image, which this server does not read.";
    default: return {};
  }
}

std::optional<image_format> parse_format(std::string_view name) {
  if (name.empty())
    return std::nullopt;
  for (const auto& row : table)
    if (same_text(name, row.name) || same_text(name, row.alias))
      return row.format;
  return std::nullopt;
}

image_format sniff(std::span<const std::byte> bytes) {
  auto head = as_text(bytes.first(std::min(bytes.size(), sniff_bytes)));
  for (const auto& magic : magics)
    if (head.starts_with(magic.bytes))
      return magic.format;
  if (has_at(head, 0, "RIFF") && has_at(head, 8, "WEBP"))
    return webp;
  if (auto brand = sniff_brands(head); brand != unknown)
    return brand;
  if (is_bmp(head))
    return bmp;
  if (is_pnm(head))
    return pnm;
  if (is_svg(head))
    return svg;
  if (is_pcx(head))
    return pcx;
  if (auto icon = icon_kind(head); icon != unknown)
    return icon;
  return is_tga(head) ? tga : unknown;
}

} // namespace convertd
