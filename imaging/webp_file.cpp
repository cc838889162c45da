#include "imaging/webp_file.hpp"

#include "imaging/exif.hpp"
#include "imaging/imaging_error.hpp"

#include <algorithm>
#include <string_view>

namespace convertd {

namespace {

constexpr std::size_t file_head = 12; // RIFF, size, WEBP
constexpr std::size_t chunk_head = 8; // name, size

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

/// Calls `f` with each chunk until the file ends.
template <class F>
void for_each_chunk(bytes_view file, F f) {
  if (file.size() < file_head || name_at(file, 0) != "RIFF" || name_at(file, 8) != "WEBP")
    throw imaging_error(ec::decode_failed, "");
  auto rest = file.subspan(file_head);
  while (rest.size() >= chunk_head) {
    auto size = std::size_t{number_at(rest, 4, 4)};
    auto whole = rest.first(std::min(rest.size(), chunk_head + size + size % 2));
    auto data = whole.subspan(chunk_head);
    f(chunk{name_at(rest, 0), data.first(std::min(size, data.size())), whole});
    rest = rest.subspan(whole.size());
  }
}

void read_canvas(source_header& x, bytes_view data) {
  if (data.size() < 10)
    return;
  x.width = number_at(data, 4, 3) + 1;
  x.height = number_at(data, 7, 3) + 1;
  x.alpha = (number_at(data, 0, 1) & 0x10) != 0;
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
    else if (c.name == "EXIF")
      x.orientation = exif_orientation(c.data);
  });
  if (images == 0 || x.width == 0 || x.height == 0)
    throw imaging_error(ec::decode_failed, "");
  x.frames = std::max(frames, 1u);
  return x;
}

std::vector<std::byte> first_webp_frame(bytes_view source) {
  std::vector<std::byte> out(source.begin(), source.begin() + file_head);
  auto frames = 0;
  for_each_chunk(source, [&](const chunk& c) {
    if (c.name == "ANMF" && frames++ > 0)
      return;
    out.insert(out.end(), c.whole.begin(), c.whole.end());
  });
  auto size = static_cast<std::uint32_t>(out.size() - chunk_head);
  for (std::size_t i = 0; i < 4; ++i)
    out[4 + i] = static_cast<std::byte>(size >> (8 * i));
  return out;
}

} // namespace convertd
