#include "config/values.hpp"

#include <array>
#include <charconv>
#include <limits>
#include <span>

namespace convertd {

namespace {

struct unit {
  std::string_view name; ///< Compared in lower case.
  std::string_view shown;
  std::uint64_t factor;
};

constexpr std::uint64_t k = 1000;
constexpr std::uint64_t ki = 1024;

// Largest first within each of the two tables: the texts take the first unit that divides.
constexpr std::array<unit, 9> size_units{{
  {"tib", "TiB", ki* ki* ki* ki},
  {"tb", "TB", k* k* k* k},
  {"gib", "GiB", ki* ki* ki},
  {"gb", "GB", k* k* k},
  {"mib", "MiB", ki* ki},
  {"mb", "MB", k* k},
  {"kib", "KiB", ki},
  {"kb", "KB", k},
  {"b", "B", 1},
}};

constexpr std::array<unit, 5> duration_units{{
  {"d", "d", 24 * 60 * 60 * k},
  {"h", "h", 60 * 60 * k},
  {"min", "min", 60 * k},
  {"s", "s", k},
  {"ms", "ms", 1},
}};

std::string lower(std::string_view text) {
  std::string result{text};
  for (auto& c : result)
    if (c >= 'A' && c <= 'Z')
      c = static_cast<char>(c - 'A' + 'a');
  return result;
}

/// `bare` is the factor of a number without a unit; 0 = only 0 may stand without.
std::optional<std::uint64_t> parse_with_unit(std::string_view text, std::span<const unit> units,
                                             std::uint64_t bare) {
  auto digits = text.find_first_not_of("0123456789");
  auto number = parse_count(text.substr(0, digits));
  if (!number)
    return std::nullopt;
  if (digits == std::string_view::npos)
    return bare == 0 && *number != 0 ? std::nullopt : std::optional{*number * bare};
  auto name = text.substr(digits);
  if (name.starts_with(' '))
    name.remove_prefix(1);
  for (const auto& x : units)
    if (lower(name) == x.name)
      return *number > std::numeric_limits<std::uint64_t>::max() / x.factor
               ? std::nullopt
               : std::optional{*number * x.factor};
  return std::nullopt;
}

std::string text_with_unit(std::uint64_t value, std::span<const unit> units) {
  for (const auto& x : units)
    if (value != 0 && value % x.factor == 0)
      return std::to_string(value / x.factor) + std::string{x.shown};
  return "0";
}

} // namespace

std::optional<std::uint64_t> parse_count(std::string_view text) {
  std::uint64_t value = 0;
  const auto* end = text.data() + text.size();
  auto [stop, error] = std::from_chars(text.data(), end, value);
  if (text.empty() || error != std::errc{} || stop != end)
    return std::nullopt;
  return value;
}

std::optional<std::uint64_t> parse_size(std::string_view text) {
  return parse_with_unit(text, size_units, 1);
}

std::optional<milliseconds> parse_duration(std::string_view text) {
  auto value = parse_with_unit(text, duration_units, 0);
  constexpr auto longest = static_cast<std::uint64_t>(milliseconds::max().count());
  if (!value || *value > longest)
    return std::nullopt;
  return milliseconds{static_cast<milliseconds::rep>(*value)};
}

std::optional<bool> parse_boolean(std::string_view text) {
  auto word = lower(text);
  if (word == "true" || word == "yes" || word == "on" || word == "1")
    return true;
  if (word == "false" || word == "no" || word == "off" || word == "0")
    return false;
  return std::nullopt;
}

std::string size_text(std::uint64_t bytes) {
  return text_with_unit(bytes, size_units);
}

std::string duration_text(milliseconds x) {
  return text_with_unit(static_cast<std::uint64_t>(x.count()), duration_units);
}

} // namespace convertd
