#include "app/secret.hpp"

#include <array>
#include <cerrno>
#include <cstdint>
#include <span>
#include <sys/random.h>
#include <system_error>

namespace convertd {

namespace {

constexpr std::string_view prefix = "ck_";
constexpr std::size_t hint_length = 11;
constexpr std::string_view alphabet =
  "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// Without padding.
std::string base64url(std::span<const std::uint8_t> bytes) {
  std::string result;
  std::uint32_t bits = 0;
  unsigned held = 0;
  for (auto byte : bytes) {
    bits = bits << 8 | byte;
    for (held += 8; held >= 6; held -= 6)
      result += alphabet[bits >> (held - 6) & 63];
  }
  if (held > 0)
    result += alphabet[bits << (6 - held) & 63];
  return result;
}

} // namespace

std::string new_key_text() {
  std::array<std::uint8_t, 32> bytes{};
  while (getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size()))
    if (errno != EINTR)
      throw std::system_error{errno, std::generic_category(), "get random bytes"};
  return std::string{prefix} + base64url(bytes);
}

std::string hint_of_key(std::string_view text) {
  return std::string{text.substr(0, hint_length)};
}

} // namespace convertd
