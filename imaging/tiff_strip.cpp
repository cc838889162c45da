#include "imaging/tiff_bytes.hpp"
#include "imaging/tiff_file.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <vector>

namespace convertd {

namespace {

constexpr std::uint32_t classic = 42;
constexpr std::size_t pages_max = 10'000; // a chain may be a ring

/// What says something about the picture and not how it looks.
constexpr std::array<std::uint32_t, 31> told{
  0x010D, 0x010E, 0x010F, 0x0110, 0x011D, 0x0131, 0x0132, 0x013B, 0x013C, // names, dates, programs
  0x02BC, 0x4746, 0x4749,                                                 // XMP, ratings
  0x8298, 0x830E, 0x8482, 0x83BB, 0x8480, 0x85D8, 0x8649,                 // IPTC, places, Photoshop
  0x8769, 0x87AF, 0x87B0, 0x87B1, 0x8825,                                 // EXIF, places, GPS
  0x935C, 0x9C9B, 0x9C9C, 0x9C9D, 0x9C9E, 0x9C9F,                         // Photoshop, Windows
  0xA480,                                                                 // GDAL
};

bool is_told(std::uint32_t tag) {
  return std::ranges::find(told, tag) != told.end();
}

constexpr std::uint32_t exif_directory = 0x8769;
constexpr std::uint32_t gps_directory = 0x8825;

std::size_t size_of_value(const tiff_entry& x) {
  constexpr std::uint8_t sizes[] = {0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4};
  return x.type < std::size(sizes) ? std::size_t{sizes[x.type]} * x.count : 0;
}

void erase_value(tiff_bytes& tiff, const tiff_entry& x) {
  if (size_of_value(x) > 4)
    tiff.erase(x.value, size_of_value(x));
}

/// A directory that hangs from an entry, with all that it holds.
void erase_directory(tiff_bytes& tiff, std::size_t at) {
  auto end = for_each_entry(tiff, at, [&](const tiff_entry& x) { erase_value(tiff, x); });
  if (end)
    tiff.erase(at, *end + 4 - at);
}

/// Moves the entries together that stay, and the link behind them.
void drop_entries(tiff_bytes& tiff, std::size_t directory, std::size_t link,
                  const std::vector<std::size_t>& dropped) {
  auto to = directory + 2;
  for (auto from = to; from < link; from += tiff_entry_size) {
    if (std::ranges::find(dropped, from) != dropped.end())
      continue;
    for (std::size_t i = 0; from != to && i < tiff_entry_size; ++i)
      tiff.set(to + i, 1, *tiff.get(from + i, 1));
    to += tiff_entry_size;
  }
  auto next = tiff.get(link, 4).value_or(0);
  tiff.erase(to, link + 4 - to);
  tiff.set(to, 4, next);
  tiff.set(directory, 2, static_cast<std::uint32_t>((to - directory - 2) / tiff_entry_size));
}

/// Gives where the next directory is.
std::uint32_t strip_directory(tiff_bytes& tiff, std::size_t directory) {
  std::vector<std::size_t> dropped;
  auto link = for_each_entry(tiff, directory, [&](const tiff_entry& x) {
    if (!is_told(x.tag))
      return;
    if (x.tag == exif_directory || x.tag == gps_directory)
      erase_directory(tiff, x.value);
    erase_value(tiff, x);
    dropped.push_back(x.at);
  });
  if (!link)
    return 0;
  auto next = tiff.get(*link, 4).value_or(0);
  drop_entries(tiff, directory, *link, dropped);
  return next;
}

} // namespace

std::vector<std::byte> strip_tiff(std::span<const std::byte> source) {
  std::vector<std::byte> out{source.begin(), source.end()};
  auto tiff = open_tiff({reinterpret_cast<std::uint8_t*>(out.data()), out.size()});
  if (!tiff || tiff->get(2, 2) != classic)
    return {};
  auto at = tiff->get(4, 4).value_or(0);
  for (std::size_t i = 0; at != 0 && i < pages_max; ++i)
    at = strip_directory(*tiff, at);
  return out;
}

std::size_t tiff_pages(std::span<const std::byte> source) {
  // Only read through it.
  auto first = reinterpret_cast<std::uint8_t*>(const_cast<std::byte*>(source.data()));
  auto tiff = open_tiff({first, source.size()});
  if (!tiff || tiff->get(2, 2) != classic)
    return 0;
  std::size_t pages = 0;
  for (auto at = tiff->get(4, 4).value_or(0); at != 0 && pages < pages_max; ++pages) {
    auto link = for_each_entry(*tiff, at, [](const tiff_entry&) {});
    at = link ? tiff->get(*link, 4).value_or(0) : 0;
  }
  return pages;
}

} // namespace convertd
