#include "http/parameters.hpp"

#include "http/request_refused.hpp"
#include "http/text.hpp"

#include <algorithm>

namespace convertd {

namespace {

std::optional<std::uint64_t> preferred_wait(std::string_view preferences) {
  while (!preferences.empty()) {
    auto each = take_until(preferences, ',');
    auto value = take_until(each, ';'); // its own parameters do not matter
    auto name = take_until(value, '=');
    if (same_word(name, "wait"))
      return parse_number(trimmed(value));
  }
  return std::nullopt;
}

} // namespace

std::optional<std::uint64_t> number_parameter(const exchange& x, const std::string& name,
                                              std::uint64_t min, std::uint64_t max) {
  auto text = x.parameter(name);
  if (!text)
    return std::nullopt;
  auto number = parse_number(*text);
  if (!number || *number < min || *number > max)
    throw request_refused{ec::invalid_setting,
                          name + " must be a whole number from " + std::to_string(min) + " to "
                            + std::to_string(max) + ".",
                          name};
  return number;
}

bool flag_parameter(const exchange& x, const std::string& name) {
  auto text = x.parameter(name).value_or("false");
  if (text != "true" && text != "false")
    throw request_refused{ec::invalid_setting, name + " must be true or false.", name};
  return text == "true";
}

std::chrono::seconds wait_time(const exchange& x) {
  constexpr auto longest = static_cast<std::uint64_t>(wait_time_max.count());
  auto wanted = number_parameter(x, "wait", 0, UINT32_MAX);
  if (!wanted)
    wanted = preferred_wait(x.head().header("Prefer").value_or(""));
  return std::chrono::seconds{std::min(wanted.value_or(0), longest)};
}

} // namespace convertd
