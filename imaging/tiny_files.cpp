#include "imaging/tiny_files.hpp"

#include <span>
#include <string>
#include <string_view>

namespace convertd {

namespace {

using enum image_format;
using namespace std::string_literals;
using namespace std::string_view_literals;

constexpr auto tiny_gif = "GIF89a\1\0\1\0\x80\0\0\0\0\0\xFF\xFF\xFF"
                          ",\0\0\0\0\1\0\1\0\0\2\2\x44\1\0;"sv;

/// One entry, 32 bits, and a mask.
constexpr auto tiny_cursor = "\0\0\2\0\1\0"
                             "\1\1\0\0\0\0\0\0\x30\0\0\0\x16\0\0\0"
                             "\x28\0\0\0\1\0\0\0\2\0\0\0\1\0\x20\0\0\0\0\0\0\0\0\0"
                             "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
                             "\x30\x20\x10\xFF"
                             "\0\0\0\0"sv;

constexpr auto tiny_psd = "8BPS\0\1\0\0\0\0\0\0\0\3\0\0\0\1\0\0\0\1\0\x8\0\3"
                          "\0\0\0\0\0\0\0\0\0\0\0\0" // no palette, resources, layers
                          "\0\0\x10\x20\x30"sv;

constexpr auto tiny_tga = "\0\0\2\0\0\0\0\0\0\0\0\0\1\0\1\0\x18\x20\x30\x20\x10"sv;

constexpr auto tiny_hdr = "#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n\n-Y 1 +X 1\n\x80\x80\x80\x80"sv;

constexpr auto tiny_pnm = "P6\n1 1\n255\n\x10\x20\x30"sv;

/// OpenJPEG's, of a grey square; without its comment.
constexpr auto tiny_jp2 =
  "\xFF\x4F\xFF\x51\0\x2F\0\0\0\0\0\x08\0\0\0\x08\0\0\0\0\0\0\0\0\0\0\0\x08\0\0\0\x08\0\0\0\0\0\0"
  "\0\0\0\3\7\1\1\7\1\1\7\1\1\xFF\x52\0\x0C\0\0\0\1\1\3\4\4\0\1\xFF\x5C\0\x0D\x40\x40\x48\x48\x50"
  "\x48\x48\x50\x48\x48\x50\xFF\x90\0\x0A\0\0\0\0\0\x1E\0\1\xFF\x93\xC7\xD2\x08\6\xBF\x80\x80\x80"
  "\x80\x80\x80\x80\x80\x80\x80\x80\xFF\xD9"sv;

/// Three planes of a row of two bytes.
std::string make_pcx() {
  std::string x = "\x0A\5\1\x8\0\0\0\0\0\0\0\0\x48\0\x48\0"s;
  x.resize(64);
  x += "\0\3\2\0\1\0"s;
  x.resize(128);
  return x + "\x10\0\x20\0\x30\0"s;
}

/// Not compressed: a head, and one byte of each of three channels.
std::string make_sgi() {
  std::string x = "\1\xDA\0\1\0\3\0\1\0\1\0\3\0\0\0\0\0\0\0\xFF"s;
  x.resize(512);
  return x + "\x10\x20\x30";
}

std::string_view text_of(image_format x) {
  static const auto pcx_file = make_pcx();
  static const auto sgi_file = make_sgi();
  switch (x) {
    case gif: return tiny_gif;
    case cur: return tiny_cursor;
    case psd: return tiny_psd;
    case tga: return tiny_tga;
    case hdr: return tiny_hdr;
    case pcx: return pcx_file;
    case sgi: return sgi_file;
    case jp2: return tiny_jp2;
    case pnm: return tiny_pnm;
    default: return {};
  }
}

} // namespace

bytes_view tiny_file(image_format format) {
  return std::as_bytes(std::span{text_of(format)});
}

} // namespace convertd
