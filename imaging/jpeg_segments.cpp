#include "imaging/jpeg_segments.hpp"

#include "imaging/bytes.hpp"
#include "imaging/exif.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

namespace convertd {

namespace {

enum marker : std::uint8_t {
  app0 = 0xE0,
  app1 = 0xE1,
  app2 = 0xE2,
  app14 = 0xEE,
  app15 = 0xEF,
  com = 0xFE,
  soi = 0xD8,
  eoi = 0xD9,
  sos = 0xDA,
};

std::uint8_t at(bytes_view x, std::size_t i) {
  return std::to_integer<std::uint8_t>(x[i]);
}

bool is_said_by_someone(std::uint8_t marker) {
  return (marker >= app0 && marker <= app15) || marker == com;
}

using namespace std::string_view_literals;

bool is_jfif(const jpeg_segment& x) {
  constexpr std::size_t fields = 14; // what follows is a thumbnail
  return x.marker == app0 && text_of(x.data).starts_with("JFIF\0"sv) && x.data.size() >= fields;
}

bool is_adobe(const jpeg_segment& x) {
  return x.marker == app14 && text_of(x.data).starts_with("Adobe"sv);
}

/// Up to the next marker that is neither a stuffed byte nor a restart.
std::size_t end_of_scan(bytes_view source, std::size_t i) {
  for (; i + 1 < source.size(); ++i)
    if (at(source, i) == 0xFF && at(source, i + 1) != 0 && at(source, i + 1) != 0xFF
        && (at(source, i + 1) & 0xF8) != 0xD0)
      return i;
  return source.size();
}

enum class scans : std::uint8_t { with_pixels, first_head_only };

/// Calls `f` with marker, data and all bytes of each segment, those of a scan with its pixels,
/// until it says false or the file ends; true when that was after its pixels. Or until the head of
/// the first scan, if that is enough.
template <class F>
bool for_each_segment(bytes_view source, F f, scans wanted = scans::with_pixels) {
  if (source.size() < 4 || at(source, 0) != 0xFF || at(source, 1) != soi)
    return false;
  std::size_t i = 2;
  while (i + 1 < source.size() && at(source, i) == 0xFF) {
    auto marker = at(source, i + 1);
    if (marker == 0xFF) { // fill
      ++i;
      continue;
    }
    if (marker == eoi)
      return f(jpeg_segment{marker, {}}, source.subspan(i, 2)), true;
    if (i + 4 > source.size())
      return false;
    auto length = std::size_t{at(source, i + 2)} << 8 | at(source, i + 3);
    if (length < 2 || i + 2 + length > source.size())
      return false;
    auto end = i + 2 + length;
    auto data = source.subspan(i + 4, length - 2);
    if (marker == sos && wanted == scans::first_head_only)
      return f(jpeg_segment{marker, data}, source.subspan(i, end - i)), true;
    if (marker == sos)
      end = end_of_scan(source, end);
    if (!f(jpeg_segment{marker, data}, source.subspan(i, end - i)) || end == source.size())
      return marker == sos;
    i = end;
  }
  return false;
}

void append(std::vector<std::byte>& out, bytes_view bytes) {
  out.insert(out.end(), bytes.begin(), bytes.end());
}

/// Without its thumbnail.
void append_jfif(std::vector<std::byte>& out, bytes_view data) {
  for (std::uint8_t byte : {0xFF, 0xE0, 0, 16})
    out.push_back(std::byte{byte});
  append(out, data.first(12));
  out.insert(out.end(), 2, std::byte{0});
}

void append_orientation(std::vector<std::byte>& out, std::uint8_t orientation) {
  auto block = orientation_block(orientation);
  auto size = block.size() + 2;
  for (auto byte : {std::size_t{0xFF}, std::size_t{0xE1}, size >> 8, size & 0xFF})
    out.push_back(static_cast<std::byte>(byte));
  append(out, std::as_bytes(std::span{block}));
}

} // namespace

bool is_jpeg_exif(const jpeg_segment& x) {
  return x.marker == app1 && text_of(x.data).starts_with(exif_intro);
}

bool is_jpeg_profile(const jpeg_segment& x) {
  return x.marker == app2 && text_of(x.data).starts_with("ICC_PROFILE\0"sv);
}

std::vector<jpeg_segment> jpeg_segments(bytes_view source) {
  std::vector<jpeg_segment> out;
  auto take = [&](const jpeg_segment& x, bytes_view) {
    if (is_said_by_someone(x.marker))
      out.push_back(x);
    return true;
  };
  for_each_segment(source, take, scans::first_head_only);
  return out;
}

std::vector<jpeg_segment> jpeg_head(bytes_view source) {
  std::vector<jpeg_segment> out;
  auto take = [&](const jpeg_segment& x, bytes_view) {
    out.push_back(x);
    return true;
  };
  auto whole = for_each_segment(source, take, scans::first_head_only);
  return whole && out.back().marker == sos ? out : std::vector<jpeg_segment>{};
}

std::vector<jpeg_segment> kept_segments(bytes_view source, bool strip) {
  auto all = jpeg_segments(source);
  std::erase_if(all, [&](const jpeg_segment& x) {
    auto index = x.marker == app2 && text_of(x.data).starts_with("MPF\0"sv);
    return is_jfif(x) || is_adobe(x) || index || (strip && !is_jpeg_profile(x));
  });
  return all;
}

std::vector<std::byte> strip_jpeg(bytes_view source, std::uint8_t orientation) {
  std::vector<std::byte> out{std::byte{0xFF}, std::byte{soi}};
  auto started = false;
  auto whole = for_each_segment(source, [&](const jpeg_segment& x, bytes_view bytes) {
    auto jfif = is_jfif(x);
    if (!jfif && orientation != 1 && !std::exchange(started, true))
      append_orientation(out, orientation);
    if (jfif)
      append_jfif(out, x.data);
    else if (!is_said_by_someone(x.marker) || is_jpeg_profile(x) || is_adobe(x))
      append(out, bytes);
    return true;
  });
  return whole ? out : std::vector<std::byte>{};
}

} // namespace convertd
