#include "imaging/tiff_file.hpp"

#include "imaging/tiff_bytes.hpp"

#include <algorithm>
#include <vector>

namespace convertd {

namespace {

constexpr std::uint32_t strip_offsets = 0x0111;
constexpr std::uint32_t strip_byte_counts = 0x0117;

struct part {
  std::size_t at;
  std::size_t size;
};

std::size_t size_of_type(std::uint32_t type) {
  constexpr std::uint8_t sizes[] = {0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4};
  return type < std::size(sizes) ? sizes[type] : 0;
}

std::size_t size_of_value(const tiff_entry& x) {
  return size_of_type(x.type) * x.count;
}

std::vector<std::uint32_t> numbers_of(const tiff_bytes& tiff, const tiff_entry& x) {
  std::vector<std::uint32_t> out;
  auto size = std::min<std::size_t>(size_of_type(x.type), 4);
  auto at = size_of_value(x) > 4 ? x.value : x.at + 8;
  for (std::size_t i = 0; i < x.count; ++i, at += size) {
    auto number = tiff.get(at, size);
    if (!number)
      break;
    out.push_back(*number);
  }
  return out;
}

/// Header, first directory, its values and the strips. Others are not known, so that a gap next to
/// them is no gap.
std::vector<part> parts_of(const tiff_bytes& tiff) {
  std::vector<part> parts{{0, 8}};
  std::vector<std::uint32_t> offsets;
  std::vector<std::uint32_t> sizes;
  auto directory = tiff.get(4, 4).value_or(0);
  auto link = for_each_entry(tiff, directory, [&](const tiff_entry& x) {
    if (size_of_value(x) > 4)
      parts.push_back({x.value, size_of_value(x)});
    if (x.tag == strip_offsets)
      offsets = numbers_of(tiff, x);
    if (x.tag == strip_byte_counts)
      sizes = numbers_of(tiff, x);
  });
  if (!link)
    return {};
  parts.push_back({directory, *link + 4 - directory});
  for (std::size_t i = 0; i < std::min(offsets.size(), sizes.size()); ++i)
    parts.push_back({offsets[i], sizes[i]});
  std::ranges::sort(parts, {}, &part::at);
  return parts;
}

} // namespace

void zero_tiff_gaps(std::span<std::uint8_t> file) {
  constexpr std::uint32_t classic = 42;
  auto tiff = open_tiff(file);
  if (!tiff || tiff->get(2, 2) != classic)
    return;
  std::size_t end = 0;
  for (const auto& x : parts_of(*tiff)) {
    if (end % 2 == 1 && x.at == end + 1)
      tiff->erase(end, 1);
    end = std::max(end, x.at + x.size);
  }
}

} // namespace convertd
