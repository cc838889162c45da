#include "imaging/exif.hpp"

#include "imaging/tiff_bytes.hpp"

#include <algorithm>
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

void set_value(tiff_bytes& tiff, const tiff_entry& x, std::uint32_t value) {
  if (x.type == tiff_short || x.type == tiff_long)
    tiff.set(x.at + 8, x.type == tiff_short ? 2 : 4, value);
}

void mend_entry(tiff_bytes& tiff, const tiff_entry& x, const exif_facts& facts) {
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

/// Behind "Exif\0\0", where the block starts with it.
std::optional<tiff_bytes> open_block(std::vector<std::uint8_t>& block) {
  constexpr std::uint8_t intro[] = {'E', 'x', 'i', 'f', 0, 0};
  auto named =
    block.size() > sizeof intro && std::equal(intro, intro + sizeof intro, block.begin());
  return open_tiff(std::span{block}.subspan(named ? sizeof intro : 0));
}

void drop_thumbnail(tiff_bytes& tiff, std::size_t link) {
  auto directory = tiff.get(link, 4).value_or(0);
  tiff.set(link, 4, 0);
  if (directory == 0)
    return;
  std::uint32_t offset = 0;
  std::uint32_t length = 0;
  auto end = for_each_entry(tiff, directory, [&](const tiff_entry& x) {
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
  if (auto tiff = open_block(copy))
    for_each_entry(*tiff, tiff->get(4, 4).value_or(0), [&](const tiff_entry& x) {
      if (x.tag == orientation && x.type == tiff_short)
        found = x.value;
    });
  return found >= 1 && found <= 8 ? static_cast<std::uint8_t>(found) : std::uint8_t{1};
}

std::vector<std::uint8_t> orientation_block(std::uint8_t x) {
  return {
    'E', 'x', 'i',  'f',  0,          0, 'I', 'I', '*', 0, 8, 0, 0, 0, // the directory is at 8
    1,   0,   0x12, 0x01, tiff_short, 0, 1,   0,   0,   0, x, 0, 0, 0, // one entry, one number
    0,   0,   0,    0};                                                // no further directory
}

bool mend_exif(std::vector<std::uint8_t>& block, const exif_facts& facts) {
  auto tiff = open_block(block);
  if (!tiff)
    return false;
  std::uint32_t inner = 0;
  auto link = for_each_entry(*tiff, tiff->get(4, 4).value_or(0), [&](const tiff_entry& x) {
    mend_entry(*tiff, x, facts);
    if (x.tag == exif_ifd)
      inner = x.value;
  });
  if (!link)
    return false;
  drop_thumbnail(*tiff, *link);
  return inner == 0
         || for_each_entry(*tiff, inner, [&](const tiff_entry& x) { mend_entry(*tiff, x, facts); });
}

std::string with_exif_intro(std::string_view block) {
  std::string named{exif_intro};
  return named.append(without_exif_intro(block));
}

std::string_view without_exif_intro(std::string_view block) {
  return block.substr(block.starts_with(exif_intro) ? exif_intro.size() : 0);
}

} // namespace convertd
