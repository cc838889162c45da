// Base64 (RFC 4648, section 4), in pieces.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace convertd {

/// Characters that so many bytes become.
constexpr std::uint64_t base64_size(std::uint64_t bytes) {
  return (bytes + 2) / 3 * 4;
}

/// Pieces whose size is a multiple of 3 may be coded one by one and put together.
std::string base64(std::string_view bytes);

} // namespace convertd
