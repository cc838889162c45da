// The TIFF structure as bytes: EXIF blocks have it, and TIFF files.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>

namespace convertd {

/// Reads outside of it give nothing; writes outside do nothing.
class tiff_bytes {
public:
  tiff_bytes(std::span<std::uint8_t> bytes, bool big) : bytes_{bytes}, big_{big} {}

  std::optional<std::uint32_t> get(std::size_t at, std::size_t size) const {
    if (at > bytes_.size() || bytes_.size() - at < size)
      return std::nullopt;
    std::uint32_t x = 0;
    for (std::size_t i = 0; i < size; ++i)
      x = x << 8 | bytes_[at + (big_ ? i : size - 1 - i)];
    return x;
  }

  void set(std::size_t at, std::size_t size, std::uint32_t x) {
    if (at > bytes_.size() || bytes_.size() - at < size)
      return;
    for (std::size_t i = 0; i < size; ++i)
      bytes_[at + (big_ ? size - 1 - i : i)] = static_cast<std::uint8_t>(x >> (8 * i));
  }

  void erase(std::size_t at, std::size_t size) {
    if (at > bytes_.size())
      return;
    std::memset(bytes_.data() + at, 0, std::min(size, bytes_.size() - at));
  }

private:
  std::span<std::uint8_t> bytes_;
  bool big_;
};

/// `bytes` from "II" or "MM" on.
inline std::optional<tiff_bytes> open_tiff(std::span<std::uint8_t> bytes) {
  if (bytes.size() < 8 || bytes[0] != bytes[1] || (bytes[0] != 'I' && bytes[0] != 'M'))
    return std::nullopt;
  return tiff_bytes{bytes, bytes[0] == 'M'};
}

constexpr std::uint16_t tiff_short = 3;
constexpr std::uint16_t tiff_long = 4;
constexpr std::size_t tiff_entry_size = 12;

struct tiff_entry {
  std::size_t at;
  std::uint32_t tag;
  std::uint32_t type;
  std::uint32_t count;
  std::uint32_t value; ///< The first one where they fit into 4 bytes; else where they stand.
};

inline std::optional<tiff_entry> tiff_entry_at(const tiff_bytes& tiff, std::size_t at) {
  auto tag = tiff.get(at, 2);
  auto type = tiff.get(at + 2, 2);
  auto count = tiff.get(at + 4, 4);
  if (!tag || !type || !count)
    return std::nullopt;
  auto value = tiff.get(at + 8, *type == tiff_short && *count <= 2 ? 2 : 4);
  if (!value)
    return std::nullopt;
  return tiff_entry{at, *tag, *type, *count, *value};
}

/// Calls `f` with each entry; gives the place of the link to the next directory.
template <class F>
std::optional<std::size_t> for_each_entry(const tiff_bytes& tiff, std::size_t directory, F f) {
  auto count = tiff.get(directory, 2);
  if (!count)
    return std::nullopt;
  for (std::size_t i = 0; i < *count; ++i) {
    auto x = tiff_entry_at(tiff, directory + 2 + i * tiff_entry_size);
    if (!x)
      return std::nullopt;
    f(*x);
  }
  return directory + 2 + *count * tiff_entry_size;
}

} // namespace convertd
