#include "imaging/ico_file.hpp"

#include "imaging/imaging_error.hpp"

#include <optional>

namespace convertd {

namespace {

constexpr std::size_t head_size = 6;   // reserved, kind, count
constexpr std::size_t entry_size = 16; // sides, colours, …, size, place
constexpr std::size_t size_in_entry = 8;
constexpr std::size_t place_in_entry = 12;

std::uint32_t number_at(bytes_view x, std::size_t at, std::size_t size) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < size; ++i)
    value |= std::to_integer<std::uint32_t>(x[at + i]) << (8 * i);
  return value;
}

void put(std::vector<std::byte>& out, std::uint32_t x, int size) {
  for (int i = 0; i < size; ++i)
    out.push_back(static_cast<std::byte>(x >> (8 * i)));
}

void append(std::vector<std::byte>& out, bytes_view bytes) {
  out.insert(out.end(), bytes.begin(), bytes.end());
}

struct icon {
  bytes_view entry;
  bytes_view data;
  std::uint64_t pixels = 0;

  /// Of two that are equally large the one with more bytes has more colours.
  bool better_than(const icon& x) const {
    return pixels != x.pixels ? pixels > x.pixels : data.size() > x.data.size();
  }
};

/// Nothing when its bytes are not all in the file.
std::optional<icon> icon_at(bytes_view source, std::size_t at) {
  if (source.size() < at + entry_size)
    return std::nullopt;
  auto entry = source.subspan(at, entry_size);
  auto size = number_at(entry, size_in_entry, 4);
  auto place = number_at(entry, place_in_entry, 4);
  if (size == 0 || place > source.size() || source.size() - place < size)
    return std::nullopt;
  auto side = [&](std::size_t i) {
    auto byte = number_at(entry, i, 1);
    return std::uint64_t{byte == 0 ? icon_side_max : byte};
  };
  return icon{entry, source.subspan(place, size), side(0) * side(1)};
}

} // namespace

std::vector<std::byte> largest_icon(bytes_view source) {
  std::optional<icon> best;
  auto count = source.size() < head_size ? 0 : number_at(source, 4, 2);
  for (std::size_t i = 0; i < count; ++i)
    if (auto x = icon_at(source, head_size + i * entry_size); x && (!best || x->better_than(*best)))
      best = x;
  if (!best)
    throw imaging_error(ec::decode_failed, "");
  std::vector<std::byte> out;
  append(out, source.first(4));
  put(out, 1, 2);
  append(out, best->entry.first(place_in_entry));
  put(out, head_size + entry_size, 4);
  append(out, best->data);
  return out;
}

std::vector<std::byte> icon_around(bytes_view png, std::uint32_t width, std::uint32_t height) {
  std::vector<std::byte> out;
  put(out, 0, 2);
  put(out, 1, 2); // an icon, not a cursor
  put(out, 1, 2); // one
  put(out, width % icon_side_max, 1);
  put(out, height % icon_side_max, 1);
  put(out, 0, 2); // no palette
  put(out, 1, 2); // plane
  put(out, 32, 2);
  put(out, static_cast<std::uint32_t>(png.size()), 4);
  put(out, head_size + entry_size, 4);
  append(out, png);
  return out;
}

} // namespace convertd
