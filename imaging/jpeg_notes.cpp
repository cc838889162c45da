#include "imaging/jpeg_notes.hpp"

#include "imaging/bytes.hpp"
#include "imaging/exif.hpp"
#include "imaging/srgb_profile.hpp"
#include "imaging/xmp.hpp"

#include <algorithm>
#include <optional>
#include <string_view>

namespace convertd {

namespace {

using namespace std::string_view_literals;

constexpr auto xmp_intro = "http://ns.adobe.com/xap/1.0/\0"sv;
constexpr std::size_t profile_head = 14; // name, number of the part, parts

enum marker : std::uint8_t {
  app1 = 0xE1,
  app2 = 0xE2,
  app3 = 0xE3,
  app13 = 0xED,
  app15 = 0xEF,
  com = 0xFE
};

bool is_xmp(const jpeg_segment& x) {
  return x.marker == app1 && text_of(x.data).starts_with(xmp_intro);
}

/// APP0, 2 and 14 are the encoder's.
bool is_kept_as_it_is(const jpeg_segment& x) {
  return x.marker == com || (x.marker >= app3 && x.marker < app13) || x.marker == app15;
}

bytes_view bytes_of(std::string_view x) {
  return std::as_bytes(std::span{x});
}

} // namespace

bytes_view jpeg_notes::exif_from_header() const {
  auto all = std::as_bytes(std::span{exif});
  return all.empty() ? all : all.subspan(exif_intro.size());
}

const std::vector<jpeg_segment>& jpeg_notes::segments() {
  segments_.clear();
  if (!exif.empty())
    segments_.push_back({.marker = app1, .data = std::as_bytes(std::span{exif})});
  if (!xmp.empty()) {
    auto intro = bytes_of(xmp_intro);
    xmp_segment_.assign(intro.begin(), intro.end());
    xmp_segment_.insert(xmp_segment_.end(), xmp.begin(), xmp.end());
    segments_.push_back({.marker = app1, .data = xmp_segment_});
  }
  segments_.insert(segments_.end(), others.begin(), others.end());
  return segments_;
}

bool notes_can_be_kept(bytes_view source, bool strip) {
  auto all = jpeg_segments(source);
  auto profiles = std::ranges::count_if(all, is_jpeg_profile);
  if (profiles > 1) // in parts
    return false;
  if (profiles == 1) {
    auto profile = std::ranges::find_if(all, is_jpeg_profile)->data;
    if (profile.size() < profile_head || !is_srgb(profile.subspan(profile_head)))
      return false;
  }
  auto others = std::ranges::any_of(all, [](const jpeg_segment& x) {
    return x.marker == app13 || (x.marker == app1 && !is_jpeg_exif(x) && !is_xmp(x));
  });
  return strip
         || (!others && std::ranges::count_if(all, is_jpeg_exif) <= 1
             && std::ranges::count_if(all, is_xmp) <= 1);
}

jpeg_notes notes_to_keep(bytes_view source, const source_header& header, const conversion& what,
                         pixel_size size) {
  jpeg_notes out;
  for (const auto& x : jpeg_segments(source)) {
    if (is_jpeg_exif(x)) {
      auto text = text_of(x.data);
      out.exif.assign(text.begin(), text.end());
      if (!mend_exif(out.exif, {.upright = what.auto_orient || header.orientation == 1,
                                .width = size.width,
                                .height = size.height}))
        out.exif.clear();
    } else if (is_xmp(x)) {
      auto packet = x.data.subspan(xmp_intro.size());
      if (!xmp_is_stale(text_of(packet), header, what, size))
        out.xmp = packet;
    } else if (is_kept_as_it_is(x)) {
      out.others.push_back(x);
    }
  }
  return out;
}

} // namespace convertd
