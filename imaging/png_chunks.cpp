#include "imaging/png_chunks.hpp"

#include "imaging/exif.hpp"
#include "imaging/imaging.hpp"

#include <algorithm>
#include <array>

namespace convertd {

namespace {

using bytes = std::vector<std::byte>;

bool is_frame(std::string_view name) {
  return name == "acTL" || name == "fcTL" || name == "fdAT";
}

void append_number(bytes& out, std::uint32_t x) {
  for (int shift = 24; shift >= 0; shift -= 8)
    out.push_back(static_cast<std::byte>(x >> shift));
}

} // namespace

bool is_critical_png(std::string_view name) {
  constexpr std::array<std::string_view, 5> names{"IHDR", "PLTE", "tRNS", "IDAT", "IEND"};
  return std::ranges::find(names, name) != names.end();
}

bool is_png_colour(std::string_view name) {
  constexpr std::array<std::string_view, 8> names{"gAMA", "cHRM", "sRGB", "iCCP",
                                                  "cICP", "mDCV", "cLLI", "pHYs"};
  return std::ranges::find(names, name) != names.end();
}

bool is_animated_png(bytes_view source) {
  auto found = false;
  for_each_png_chunk(source, [&](const png_chunk_view& x) { found |= x.name == "acTL"; });
  return found;
}

bytes strip_png(bytes_view source, std::uint8_t orientation) {
  auto out = filter_png(source, [](std::string_view name) {
    return is_critical_png(name) || is_png_colour(name) || is_frame(name) || name == "bKGD"
           || name == "sBIT";
  });
  constexpr std::size_t after_header = png_signature + 25;
  if (orientation == 1 || out.size() < after_header)
    return out;
  constexpr std::size_t intro = 6;
  auto block = orientation_block(orientation);
  bytes chunk;
  append_png_chunk(chunk, "eXIf", std::as_bytes(std::span{block}).subspan(intro));
  out.insert(out.begin() + after_header, chunk.begin(), chunk.end());
  return out;
}

void append_png_chunk(bytes& out, std::string_view name, bytes_view data) {
  append_number(out, static_cast<std::uint32_t>(data.size()));
  auto start = out.size();
  auto text = std::as_bytes(std::span{name});
  out.insert(out.end(), text.begin(), text.end());
  out.insert(out.end(), data.begin(), data.end());
  append_number(out, crc32_of(bytes_view{out}.subspan(start)));
}

} // namespace convertd
