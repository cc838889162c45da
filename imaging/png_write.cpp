#include "imaging/png_write.hpp"

#include "imaging/effort.hpp"
#include "imaging/png_chunks.hpp"
#include "imaging/png_filter.hpp"

#include <algorithm>
#include <libdeflate.h>
#include <memory>
#include <new>

namespace convertd {

namespace {

using bytes = std::vector<std::byte>;

struct freeing {
  void operator()(libdeflate_compressor* x) const {
    libdeflate_free_compressor(x);
  }
};

/// The size of what is packed into `out`; 0 when it has no room.
std::size_t pack(const std::vector<std::uint8_t>& in, std::span<std::byte> out, int level) {
  std::unique_ptr<libdeflate_compressor, freeing> x{libdeflate_alloc_compressor(level)};
  if (x == nullptr)
    throw std::bad_alloc();
  return libdeflate_zlib_compress(x.get(), in.data(), in.size(), out.data(), out.size());
}

constexpr int trial_level = 5;

/// All effort takes 0.2 s a megabyte, the next less a third of that.
int last_level(std::size_t size) {
  return size <= 10'000'000 ? 12 : size <= 60'000'000 ? 9 : 7;
}

png_filter best_filter(const png_picture& x, std::vector<std::uint8_t>& room,
                       std::span<std::byte> out) {
  auto best = png_filter::none;
  std::size_t least = 0;
  for (auto filter : filters_for(x)) {
    filter_png_rows(x, filter, room);
    auto size = pack(room, out, trial_level);
    if (size != 0 && (least == 0 || size < least)) {
      least = size;
      best = filter;
    }
  }
  return best;
}

void append_header(bytes& out, const png_picture& x) {
  bytes data;
  for (auto side : {x.width, x.height})
    for (int shift = 24; shift >= 0; shift -= 8)
      data.push_back(static_cast<std::byte>(side >> shift));
  for (auto byte : {x.depth, static_cast<unsigned>(x.colour), 0u, 0u, 0u})
    data.push_back(static_cast<std::byte>(byte));
  append_png_chunk(out, "IHDR", data);
}

/// Alpha up to the last colour that has some.
void append_palette(bytes& out, const std::vector<rgba_colour>& palette) {
  bytes colours;
  bytes alphas;
  std::size_t needed = 0;
  for (const auto& c : palette) {
    for (int i = 0; i < 3; ++i)
      colours.push_back(std::byte{c[static_cast<std::size_t>(i)]});
    alphas.push_back(std::byte{c[3]});
    needed = c[3] == 255 ? needed : alphas.size();
  }
  append_png_chunk(out, "PLTE", colours);
  if (needed != 0)
    append_png_chunk(out, "tRNS", bytes_view{alphas}.first(needed));
}

bytes file_of(const png_picture& x, png_extras extras, bytes_view packed) {
  constexpr std::string_view signature = "\x89PNG\r\n\x1A\n";
  constexpr std::size_t around = 4096; // all but pixels and extras: a palette at most
  bytes out;
  out.reserve(packed.size() + around);
  auto start = std::as_bytes(std::span{signature});
  out.insert(out.end(), start.begin(), start.end());
  append_header(out, x);
  for (auto chunk : extras)
    out.insert(out.end(), chunk.begin(), chunk.end());
  if (x.colour == png_colour::palette)
    append_palette(out, x.palette);
  append_png_chunk(out, "IDAT", packed);
  append_png_chunk(out, "IEND", {});
  return out;
}

} // namespace

bytes write_png(const png_picture& x, png_extras extras, std::size_t size_max) {
  std::vector<std::uint8_t> rows;
  bytes packed(size_max + size_max / 8); // a trial may be above what its filter comes to in the end
  filter_png_rows(x, best_filter(x, rows, packed), rows);
  packed.resize(pack(rows, std::span{packed}.first(size_max), last_level(rows.size())));
  if (packed.empty())
    return {};
  auto out = file_of(x, extras, packed);
  return out.size() <= size_max ? out : bytes{};
}

bytes write_png_quickly(const png_picture& x, png_extras extras) {
  auto level = static_cast<int>(effort().png_level);
  std::vector<std::uint8_t> rows;
  auto flat = x.colour == png_colour::palette || x.depth < 8; // differences mean nothing there
  filter_png_rows(x, flat ? png_filter::none : png_filter::least, rows);
  bytes packed(libdeflate_zlib_compress_bound(nullptr, rows.size()));
  packed.resize(pack(rows, packed, level));
  return file_of(x, extras, packed);
}

} // namespace convertd
