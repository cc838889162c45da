#include "job/ids.hpp"

#include <random>

namespace convertd {

std::array<std::uint8_t, 16> mint_uuid(timestamp now) {
  thread_local std::random_device entropy;
  std::array<std::uint8_t, 16> uuid{};
  auto millis = static_cast<std::uint64_t>(now.time_since_epoch().count());
  for (int i = 5; i >= 0; --i, millis >>= 8)
    uuid[static_cast<std::size_t>(i)] = static_cast<std::uint8_t>(millis);
  for (std::size_t i = 6; i < 16;)
    for (auto word = entropy(), part = 0U; part < 4 && i < 16; ++part, word >>= 8)
      uuid[i++] = static_cast<std::uint8_t>(word);
  uuid[6] = static_cast<std::uint8_t>((uuid[6] & 0x0F) | 0x70); // version 7
  uuid[8] = static_cast<std::uint8_t>((uuid[8] & 0x3F) | 0x80); // RFC variant
  return uuid;
}

timestamp time_of(const std::array<std::uint8_t, 16>& uuid) {
  std::uint64_t millis = 0;
  for (std::size_t i = 0; i < 6; ++i)
    millis = millis << 8 | uuid[i];
  return timestamp{milliseconds{static_cast<std::int64_t>(millis)}};
}

namespace {

constexpr std::string_view hex_digits = "0123456789abcdef";

bool hyphen_follows(std::size_t byte) {
  return byte == 3 || byte == 5 || byte == 7 || byte == 9;
}

int digit_value(char c) {
  if (c >= '0' && c <= '9')
    return c - '0';
  auto lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

} // namespace

std::string to_text(const std::array<std::uint8_t, 16>& uuid) {
  std::string text;
  text.reserve(36);
  for (std::size_t i = 0; i < uuid.size(); ++i) {
    text += hex_digits[uuid[i] >> 4];
    text += hex_digits[uuid[i] & 0x0F];
    if (hyphen_follows(i))
      text += '-';
  }
  return text;
}

std::optional<std::array<std::uint8_t, 16>> parse_uuid(std::string_view text) {
  std::array<std::uint8_t, 16> uuid{};
  if (text.size() != 36)
    return std::nullopt;
  std::size_t at = 0;
  for (std::size_t i = 0; i < uuid.size(); ++i) {
    auto high = digit_value(text[at]);
    auto low = digit_value(text[at + 1]);
    if (high < 0 || low < 0)
      return std::nullopt;
    uuid[i] = static_cast<std::uint8_t>(high << 4 | low);
    at += 2;
    if (hyphen_follows(i) && text[at++] != '-')
      return std::nullopt;
  }
  return uuid;
}

} // namespace convertd
