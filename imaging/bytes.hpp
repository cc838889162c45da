// Numbers and names in the bytes of a file.
#pragma once

#include "imaging/engine.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace convertd {

/// `size` bytes from `at`, at most four, the first the highest: as PNG, JPEG, ISO media files and
/// colour profiles have them. They must be there.
inline std::uint32_t big_endian(bytes_view x, std::size_t at, std::size_t size) {
  std::uint32_t value = 0;
  for (auto byte : x.subspan(at, size))
    value = value << 8 | std::to_integer<std::uint32_t>(byte);
  return value;
}

inline std::string_view text_of(bytes_view x) {
  return {reinterpret_cast<const char*>(x.data()), x.size()};
}

} // namespace convertd
