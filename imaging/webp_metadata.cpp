#include "imaging/webp_metadata.hpp"

#include "imaging/exif.hpp"
#include "imaging/webp_chunks.hpp"
#include "imaging/webp_file.hpp"

#include <string_view>

namespace convertd {

namespace {

using bytes = std::vector<std::byte>;

void append(bytes& out, bytes_view x) {
  out.insert(out.end(), x.begin(), x.end());
}

void append_number(bytes& out, std::uint32_t x, int size) {
  for (int i = 0; i < size; ++i)
    out.push_back(static_cast<std::byte>(x >> (8 * i)));
}

void append_chunk(bytes& out, std::string_view name, bytes_view data) {
  append(out, std::as_bytes(std::span{name}));
  append_number(out, static_cast<std::uint32_t>(data.size()), 4);
  append(out, data);
  if (data.size() % 2 != 0)
    out.push_back(std::byte{0});
}

/// RIFF around the chunks.
bytes file_of(const bytes& chunks) {
  bytes out;
  append(out, std::as_bytes(std::span{"RIFF", 4}));
  append_number(out, static_cast<std::uint32_t>(chunks.size() + 4), 4);
  append(out, std::as_bytes(std::span{"WEBP", 4}));
  append(out, chunks);
  return out;
}

void append_canvas(bytes& out, std::uint32_t flags, std::uint32_t width, std::uint32_t height) {
  bytes data;
  append_number(data, flags, 4);
  append_number(data, width - 1, 3);
  append_number(data, height - 1, 3);
  append_chunk(out, "VP8X", data);
}

bool is_picture(std::string_view name) {
  return name == "VP8 " || name == "VP8L" || name == "ALPH" || name == "ANIM" || name == "ANMF";
}

/// From the TIFF header on, as the format wants it.
bytes orientation_chunk(std::uint8_t orientation) {
  constexpr std::size_t intro = 6;
  auto block = orientation_block(orientation);
  bytes out;
  append_chunk(out, "EXIF", std::as_bytes(std::span{block}).subspan(intro));
  return out;
}

/// The chunks of a file sorted.
struct parts {
  bytes profile, pictures, exif, xmp;
  std::uint32_t flags = 0; ///< As VP8X has them.

  explicit parts(bytes_view file) {
    for_each_webp_chunk(file, [&](const webp_chunk_view& c) {
      if (c.name == "VP8X" && !c.data.empty())
        flags = webp_number(c.data, 0, 1);
      else if (c.name == "ICCP")
        append(profile, c.whole);
      else if (c.name == "EXIF")
        append(exif, c.whole);
      else if (c.name == "XMP ")
        append(xmp, c.whole);
      else if (is_picture(c.name))
        append(pictures, c.whole);
    });
  }

  bytes file(const source_header& like) const {
    auto kept = (flags & webp_animation) | (like.alpha ? webp_alpha : 0u)
                | (profile.empty() ? 0u : webp_profile) | (exif.empty() ? 0u : webp_exif)
                | (xmp.empty() ? 0u : webp_xmp);
    bytes all;
    append_canvas(all, kept, like.width, like.height);
    for (const auto* x : {&profile, &pictures, &exif, &xmp})
      append(all, *x);
    return file_of(all);
  }
};

} // namespace

bytes webp_with_metadata(bytes_view plain, bytes_view source, bool strip) {
  parts from{source};
  parts to{plain};
  to.profile = std::move(from.profile);
  if (!strip) {
    to.exif = std::move(from.exif);
    to.xmp = std::move(from.xmp);
  }
  if (to.profile.empty() && to.exif.empty() && to.xmp.empty())
    return {};
  return to.file(read_webp_header(plain));
}

bytes webp_with_notes(bytes_view plain, bytes_view exif, bytes_view xmp) {
  parts to{plain};
  if (!exif.empty())
    append_chunk(to.exif, "EXIF", exif);
  if (!xmp.empty())
    append_chunk(to.xmp, "XMP ", xmp);
  return to.file(read_webp_header(plain));
}

bytes strip_webp(bytes_view source, std::uint8_t orientation) {
  parts x{source};
  x.xmp.clear();
  x.exif = orientation == 1 ? bytes{} : orientation_chunk(orientation);
  auto simple = x.profile.empty() && x.exif.empty() && x.flags == 0; // it had no VP8X
  if (simple)
    return file_of(x.pictures);
  return x.file(read_webp_header(source));
}

} // namespace convertd
