#include "imaging/png_file.hpp"

#include <cstdint>
#include <string_view>

namespace convertd {

namespace {

constexpr std::size_t signature = 8;
constexpr std::size_t chunk_head = 8; // size, name
constexpr std::size_t chunk_tail = 4; // CRC

std::size_t size_at_front(bytes_view x) {
  std::size_t size = 0;
  for (auto byte : x.first(4))
    size = size << 8 | std::to_integer<std::size_t>(byte);
  return size;
}

std::string_view name_at_front(bytes_view x) {
  return {reinterpret_cast<const char*>(x.data()) + 4, 4};
}

/// JPEG holds 64 KiB. What is larger is not for us to copy around.
constexpr std::size_t exif_max = std::size_t{1} << 20;

} // namespace

bytes_view png_exif(bytes_view source) {
  constexpr std::size_t around = chunk_head + chunk_tail;
  if (source.size() < signature)
    return {};
  auto rest = source.subspan(signature);
  while (rest.size() >= around) {
    auto size = size_at_front(rest);
    if (size > rest.size() - around)
      break;
    if (name_at_front(rest) == "eXIf")
      return size <= exif_max ? rest.subspan(chunk_head, size) : bytes_view{};
    rest = rest.subspan(around + size);
  }
  return {};
}

} // namespace convertd
