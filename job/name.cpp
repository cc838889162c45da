#include "job/name.hpp"

#include "job/limits.hpp"

#include <cstdint>

namespace convertd {

namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD"; // U+FFFD

/// Length of the well-formed UTF-8 sequence at the start of `text` (RFC 3629), or 0.
std::size_t utf8_length(std::string_view text) {
  auto at = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  auto tail = [&](std::size_t i) { return i < text.size() && (at(i) & 0xC0) == 0x80; };
  auto lead = at(0);
  if (lead < 0x80)
    return 1;
  if (lead >= 0xC2 && lead <= 0xDF)
    return tail(1) ? 2 : 0;
  if (lead >= 0xE0 && lead <= 0xEF) {
    if (!tail(1) || !tail(2) || (lead == 0xE0 && at(1) < 0xA0) || (lead == 0xED && at(1) > 0x9F))
      return 0;
    return 3;
  }
  if (lead >= 0xF0 && lead <= 0xF4) {
    if (!tail(1) || !tail(2) || !tail(3) || (lead == 0xF0 && at(1) < 0x90)
        || (lead == 0xF4 && at(1) > 0x8F))
      return 0;
    return 4;
  }
  return 0;
}

bool is_control(std::string_view sequence) {
  auto first = static_cast<std::uint8_t>(sequence[0]);
  if (sequence.size() == 1)
    return first < 0x20 || first == 0x7F;
  return sequence.size() == 2 && first == 0xC2 && static_cast<std::uint8_t>(sequence[1]) < 0xA0;
}

std::string_view base_name(std::string_view name) {
  auto dot = name.rfind('.');
  return dot == std::string_view::npos || dot == 0 ? name : name.substr(0, dot);
}

} // namespace

std::string valid_utf8(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    auto length = utf8_length(text);
    out += length == 0 ? replacement : text.substr(0, length);
    text.remove_prefix(length == 0 ? 1 : length);
  }
  return out;
}

std::string clean_name(std::string_view sent) {
  if (auto slash = sent.find_last_of("/\\"); slash != std::string_view::npos)
    sent.remove_prefix(slash + 1);
  std::string name;
  while (!sent.empty()) {
    auto length = utf8_length(sent);
    auto piece = length == 0 ? replacement : sent.substr(0, length);
    sent.remove_prefix(length == 0 ? 1 : length);
    if (is_control(piece))
      continue;
    if (name.size() + piece.size() > filename_bytes_max)
      break;
    name += piece;
  }
  return name.empty() || name == "." || name == ".." ? "file" : name;
}

std::string target_names::next(std::string_view source_name, image_format target) {
  auto base = std::string{base_name(source_name)};
  auto extension = std::string{"."}.append(facts_of(target).extension);
  auto name = base + extension;
  auto& count = seen_[name];
  if (++count == 1)
    return name;
  // A number that is free: "a (2).png" may have been sent under that very name.
  for (auto number = count;; ++number) {
    auto numbered = base + " (" + std::to_string(number) + ")" + extension;
    auto [entry, fresh] = seen_.try_emplace(numbered, 1);
    if (fresh) {
      seen_[name] = number;
      return numbered;
    }
  }
}

} // namespace convertd
