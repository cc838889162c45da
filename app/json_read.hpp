// Fields of a JSON answer that may be missing.
#pragma once

#include <simdjson.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace convertd {

inline std::string json_text(simdjson::dom::element from, std::string_view name) {
  std::string_view value;
  return from[name].get(value) == simdjson::SUCCESS ? std::string{value} : std::string{};
}

inline std::uint64_t json_count(simdjson::dom::element from, std::string_view name) {
  std::uint64_t value = 0;
  return from[name].get(value) == simdjson::SUCCESS ? value : 0;
}

} // namespace convertd
