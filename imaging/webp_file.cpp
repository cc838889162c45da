#include "imaging/webp_file.hpp"

#include "imaging/exif.hpp"
#include "imaging/imaging_error.hpp"
#include "imaging/webp_chunks.hpp"

#include <algorithm>

namespace convertd {

namespace {

constexpr std::size_t frame_head = 16; // place, size, duration, how it is disposed of

void read_canvas(source_header& x, bytes_view data) {
  if (data.size() < 10)
    return;
  x.width = webp_number(data, 4, 3) + 1;
  x.height = webp_number(data, 7, 3) + 1;
  x.alpha = (webp_number(data, 0, 1) & webp_alpha) != 0;
}

/// The canvas shows around the first frame of an animation.
bool covers_canvas(const source_header& canvas, bytes_view frame) {
  return frame.size() < frame_head
         || (webp_number(frame, 6, 3) + 1 == canvas.width
             && webp_number(frame, 9, 3) + 1 == canvas.height);
}

void read_lossy(source_header& x, bytes_view data) {
  if (data.size() < 10 || webp_number(data, 3, 3) != 0x2A019D)
    return;
  x.width = webp_number(data, 6, 2) & 0x3FFF;
  x.height = webp_number(data, 8, 2) & 0x3FFF;
}

void read_lossless(source_header& x, bytes_view data) {
  if (data.size() < 5 || webp_number(data, 0, 1) != 0x2F)
    return;
  auto bits = webp_number(data, 1, 4);
  x.width = (bits & 0x3FFF) + 1;
  x.height = (bits >> 14 & 0x3FFF) + 1;
  x.alpha = (bits >> 28 & 1) != 0;
}

/// `chunks` are those inside a frame.
bool is_transparent(bytes_view chunks) {
  source_header x;
  for_each_webp_chunk_in(chunks, [&](const webp_chunk_view& c) {
    if (c.name == "VP8L")
      read_lossless(x, c.data);
    x.alpha |= c.name == "ALPH";
  });
  return x.alpha;
}

/// What the limits know is the canvas, so that no frame may be larger. `head` is all of VP8X.
bool fits_canvas(const webp_frame& x, bytes_view head, bytes_view frame) {
  source_header canvas;
  read_canvas(canvas, head.subspan(webp_chunk_head));
  return x.left + webp_number(frame, 6, 3) + 1 <= canvas.width
         && x.top + webp_number(frame, 9, 3) + 1 <= canvas.height;
}

void append(std::vector<std::byte>& out, bytes_view bytes) {
  out.insert(out.end(), bytes.begin(), bytes.end());
}

} // namespace

source_header read_webp_header(bytes_view source) {
  source_header x{.format = image_format::webp};
  std::uint32_t frames = 0;
  auto images = 0;
  for_each_webp_chunk(source, [&](const webp_chunk_view& c) {
    auto sized = x.width != 0; // VP8X, which comes first, says it for the canvas
    auto still = c.name == "VP8 " || c.name == "VP8L";
    images += still || c.name == "ANMF" ? 1 : 0;
    frames += c.name == "ANMF" ? 1 : 0;
    if (c.name == "VP8X")
      read_canvas(x, c.data);
    else if (c.name == "VP8 " && !sized)
      read_lossy(x, c.data);
    else if (c.name == "VP8L" && !sized)
      read_lossless(x, c.data);
    else if (c.name == "ANMF" && frames == 1)
      x.alpha |= !covers_canvas(x, c.data);
    else if (c.name == "EXIF")
      x.orientation = exif_orientation(c.data);
  });
  if (images == 0 || x.width == 0 || x.height == 0)
    throw imaging_error(ec::decode_failed, "");
  x.frames = std::max(frames, 1u);
  return x;
}

std::optional<webp_frame> first_webp_frame(bytes_view source) {
  bytes_view head;
  bytes_view frame;
  std::vector<std::byte> rest; // profile and metadata
  for_each_webp_chunk(source, [&](const webp_chunk_view& c) {
    if (c.name == "VP8X")
      head = c.whole;
    else if (c.name == "ANMF" && frame.empty())
      append(rest, (frame = c.data).subspan(std::min(frame_head, c.data.size())));
    else if (c.name == "ICCP" || c.name == "EXIF" || c.name == "XMP ")
      append(rest, c.whole);
  });
  if (frame.empty())
    return std::nullopt;
  if (head.size() < webp_chunk_head + 10 || frame.size() < frame_head)
    throw imaging_error(ec::decode_failed, "");
  webp_frame x{.file = {source.begin(), source.begin() + webp_file_head},
               .left = 2 * webp_number(frame, 0, 3),
               .top = 2 * webp_number(frame, 3, 3)};
  if (!fits_canvas(x, head, frame))
    throw imaging_error(ec::decode_failed, "");
  append(x.file, head);
  append(x.file, rest);
  auto flags = (webp_number(head, webp_chunk_head, 1) & ~(webp_animation | webp_alpha))
               | (is_transparent(frame.subspan(frame_head)) ? webp_alpha : 0u);
  constexpr std::size_t in_vp8x = webp_file_head + webp_chunk_head;
  x.file[in_vp8x] = static_cast<std::byte>(flags);
  std::ranges::copy(frame.subspan(6, 6), x.file.begin() + in_vp8x + 4); // its size
  auto size = static_cast<std::uint32_t>(x.file.size() - webp_chunk_head);
  for (std::size_t i = 0; i < 4; ++i)
    x.file[4 + i] = static_cast<std::byte>(size >> (8 * i));
  return x;
}

} // namespace convertd
