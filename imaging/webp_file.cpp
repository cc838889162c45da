#include "imaging/webp_file.hpp"

#include "imaging/exif.hpp"
#include "imaging/imaging_error.hpp"

#include <algorithm>
#include <string_view>

namespace convertd {

namespace {

constexpr std::size_t file_head = 12;  // RIFF, size, WEBP
constexpr std::size_t chunk_head = 8;  // name, size
constexpr std::size_t frame_head = 16; // place, size, duration, how it is disposed of

constexpr std::uint32_t animation_flag = 0x02; // in VP8X
constexpr std::uint32_t alpha_flag = 0x10;

std::uint32_t number_at(bytes_view x, std::size_t at, std::size_t size) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < size; ++i)
    value |= std::to_integer<std::uint32_t>(x[at + i]) << (8 * i);
  return value;
}

std::string_view name_at(bytes_view x, std::size_t at) {
  return {reinterpret_cast<const char*>(x.data()) + at, 4};
}

struct chunk {
  std::string_view name;
  bytes_view data;  ///< As much of it as the file has.
  bytes_view whole; ///< With its head and padding.
};

/// Calls `f` with each chunk until the bytes end.
template <class F>
void for_each_chunk_in(bytes_view rest, F f) {
  while (rest.size() >= chunk_head) {
    auto size = std::size_t{number_at(rest, 4, 4)};
    auto whole = rest.first(std::min(rest.size(), chunk_head + size + size % 2));
    auto data = whole.subspan(chunk_head);
    f(chunk{name_at(rest, 0), data.first(std::min(size, data.size())), whole});
    rest = rest.subspan(whole.size());
  }
}

template <class F>
void for_each_chunk(bytes_view file, F f) {
  if (file.size() < file_head || name_at(file, 0) != "RIFF" || name_at(file, 8) != "WEBP")
    throw imaging_error(ec::decode_failed, "");
  for_each_chunk_in(file.subspan(file_head), f);
}

void read_canvas(source_header& x, bytes_view data) {
  if (data.size() < 10)
    return;
  x.width = number_at(data, 4, 3) + 1;
  x.height = number_at(data, 7, 3) + 1;
  x.alpha = (number_at(data, 0, 1) & alpha_flag) != 0;
}

/// The canvas shows around the first frame of an animation.
bool covers_canvas(const source_header& canvas, bytes_view frame) {
  return frame.size() < frame_head
         || (number_at(frame, 6, 3) + 1 == canvas.width
             && number_at(frame, 9, 3) + 1 == canvas.height);
}

void read_lossy(source_header& x, bytes_view data) {
  if (data.size() < 10 || number_at(data, 3, 3) != 0x2A019D)
    return;
  x.width = number_at(data, 6, 2) & 0x3FFF;
  x.height = number_at(data, 8, 2) & 0x3FFF;
}

void read_lossless(source_header& x, bytes_view data) {
  if (data.size() < 5 || number_at(data, 0, 1) != 0x2F)
    return;
  auto bits = number_at(data, 1, 4);
  x.width = (bits & 0x3FFF) + 1;
  x.height = (bits >> 14 & 0x3FFF) + 1;
  x.alpha = (bits >> 28 & 1) != 0;
}

/// `chunks` are those inside a frame.
bool is_transparent(bytes_view chunks) {
  source_header x;
  for_each_chunk_in(chunks, [&](const chunk& c) {
    if (c.name == "VP8L")
      read_lossless(x, c.data);
    x.alpha |= c.name == "ALPH";
  });
  return x.alpha;
}

/// What the limits know is the canvas, so that no frame may be larger. `head` is all of VP8X.
bool fits_canvas(const webp_frame& x, bytes_view head, bytes_view frame) {
  source_header canvas;
  read_canvas(canvas, head.subspan(chunk_head));
  return x.left + number_at(frame, 6, 3) + 1 <= canvas.width
         && x.top + number_at(frame, 9, 3) + 1 <= canvas.height;
}

void append(std::vector<std::byte>& out, bytes_view bytes) {
  out.insert(out.end(), bytes.begin(), bytes.end());
}

} // namespace

source_header read_webp_header(bytes_view source) {
  source_header x{.format = image_format::webp};
  std::uint32_t frames = 0;
  auto images = 0;
  for_each_chunk(source, [&](const chunk& c) {
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
  for_each_chunk(source, [&](const chunk& c) {
    if (c.name == "VP8X")
      head = c.whole;
    else if (c.name == "ANMF" && frame.empty())
      append(rest, (frame = c.data).subspan(std::min(frame_head, c.data.size())));
    else if (c.name == "ICCP" || c.name == "EXIF" || c.name == "XMP ")
      append(rest, c.whole);
  });
  if (frame.empty())
    return std::nullopt;
  if (head.size() < chunk_head + 10 || frame.size() < frame_head)
    throw imaging_error(ec::decode_failed, "");
  webp_frame x{.file = {source.begin(), source.begin() + file_head},
               .left = 2 * number_at(frame, 0, 3),
               .top = 2 * number_at(frame, 3, 3)};
  if (!fits_canvas(x, head, frame))
    throw imaging_error(ec::decode_failed, "");
  append(x.file, head);
  append(x.file, rest);
  auto flags = (number_at(head, chunk_head, 1) & ~(animation_flag | alpha_flag))
               | (is_transparent(frame.subspan(frame_head)) ? alpha_flag : 0);
  constexpr std::size_t in_vp8x = file_head + chunk_head;
  x.file[in_vp8x] = static_cast<std::byte>(flags);
  std::ranges::copy(frame.subspan(6, 6), x.file.begin() + in_vp8x + 4); // its size
  auto size = static_cast<std::uint32_t>(x.file.size() - chunk_head);
  for (std::size_t i = 0; i < 4; ++i)
    x.file[4 + i] = static_cast<std::byte>(size >> (8 * i));
  return x;
}

} // namespace convertd
