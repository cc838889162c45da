#include "imaging/exif.hpp"

#include <algorithm>
#include <cstring>
#include <optional>

namespace convertd {

namespace {

enum tag_number : std::uint16_t {
  image_width = 0x0100,
  image_length = 0x0101,
  orientation = 0x0112,
  thumbnail_offset = 0x0201,
  thumbnail_length = 0x0202,
  exif_ifd = 0x8769,
  pixel_x_dimension = 0xA002,
  pixel_y_dimension = 0xA003,
};

constexpr std::uint16_t type_short = 3;
constexpr std::uint16_t type_long = 4;
constexpr std::size_t entry_size = 12;

/// The TIFF structure inside the block. Reads outside of it give nothing; writes outside do
/// nothing.
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

struct entry {
  std::size_t at;
  std::uint32_t tag;
  std::uint32_t type;
  std::uint32_t value;
};

std::optional<entry> entry_at(const tiff_bytes& tiff, std::size_t at) {
  auto tag = tiff.get(at, 2);
  auto type = tiff.get(at + 2, 2);
  if (!tag || !type)
    return std::nullopt;
  auto value = tiff.get(at + 8, *type == type_short ? 2 : 4);
  if (!value)
    return std::nullopt;
  return entry{at, *tag, *type, *value};
}

/// Calls `f` with each entry; gives the place of the link to the next directory.
template <class F>
std::optional<std::size_t> for_each_entry(tiff_bytes& tiff, std::size_t directory, F f) {
  auto count = tiff.get(directory, 2);
  if (!count)
    return std::nullopt;
  for (std::size_t i = 0; i < *count; ++i) {
    auto x = entry_at(tiff, directory + 2 + i * entry_size);
    if (!x)
      return std::nullopt;
    f(*x);
  }
  return directory + 2 + *count * entry_size;
}

void set_value(tiff_bytes& tiff, const entry& x, std::uint32_t value) {
  if (x.type == type_short || x.type == type_long)
    tiff.set(x.at + 8, x.type == type_short ? 2 : 4, value);
}

void mend_entry(tiff_bytes& tiff, const entry& x, const exif_facts& facts) {
  switch (x.tag) {
    case orientation:
      if (facts.upright)
        set_value(tiff, x, 1);
      break;
    case image_width:
    case pixel_x_dimension: set_value(tiff, x, facts.width); break;
    case image_length:
    case pixel_y_dimension: set_value(tiff, x, facts.height); break;
    default: break;
  }
}

std::optional<tiff_bytes> open_tiff(std::vector<std::uint8_t>& block) {
  constexpr std::uint8_t intro[] = {'E', 'x', 'i', 'f', 0, 0};
  auto named =
    block.size() > sizeof intro && std::equal(intro, intro + sizeof intro, block.begin());
  std::span<std::uint8_t> bytes{block};
  if (named)
    bytes = bytes.subspan(sizeof intro);
  if (bytes.size() < 8 || bytes[0] != bytes[1] || (bytes[0] != 'I' && bytes[0] != 'M'))
    return std::nullopt;
  return tiff_bytes{bytes, bytes[0] == 'M'};
}

void drop_thumbnail(tiff_bytes& tiff, std::size_t link) {
  auto directory = tiff.get(link, 4).value_or(0);
  tiff.set(link, 4, 0);
  if (directory == 0)
    return;
  std::uint32_t offset = 0;
  std::uint32_t length = 0;
  auto end = for_each_entry(tiff, directory, [&](const entry& x) {
    if (x.tag == thumbnail_offset)
      offset = x.value;
    if (x.tag == thumbnail_length)
      length = x.value;
  });
  if (offset != 0)
    tiff.erase(offset, length);
  if (end)
    tiff.erase(directory, *end - directory);
}

} // namespace

std::uint8_t exif_orientation(std::span<const std::byte> block) {
  auto first = reinterpret_cast<const std::uint8_t*>(block.data());
  std::vector<std::uint8_t> copy(first, first + block.size());
  std::uint32_t found = 1;
  if (auto tiff = open_tiff(copy))
    for_each_entry(*tiff, tiff->get(4, 4).value_or(0), [&](const entry& x) {
      if (x.tag == orientation && x.type == type_short)
        found = x.value;
    });
  return found >= 1 && found <= 8 ? static_cast<std::uint8_t>(found) : std::uint8_t{1};
}

bool mend_exif(std::vector<std::uint8_t>& block, const exif_facts& facts) {
  auto tiff = open_tiff(block);
  if (!tiff)
    return false;
  std::uint32_t inner = 0;
  auto link = for_each_entry(*tiff, tiff->get(4, 4).value_or(0), [&](const entry& x) {
    mend_entry(*tiff, x, facts);
    if (x.tag == exif_ifd)
      inner = x.value;
  });
  if (!link)
    return false;
  drop_thumbnail(*tiff, *link);
  return inner == 0
         || for_each_entry(*tiff, inner, [&](const entry& x) { mend_entry(*tiff, x, facts); });
}

} // namespace convertd
