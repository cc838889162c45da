#include "http/byte_range.hpp"

#include "http/text.hpp"

#include <algorithm>

namespace convertd {

namespace {

/// "-500": the last 500 bytes.
range_answer suffix(std::string_view length, std::uint64_t size) {
  auto wanted = parse_number(length);
  if (!wanted)
    return whole_file{};
  if (*wanted == 0 || size == 0)
    return not_satisfiable{};
  return byte_range{size - std::min(*wanted, size), size - 1};
}

} // namespace

range_answer choose_range(std::optional<std::string_view> field, std::uint64_t size) {
  constexpr std::string_view unit = "bytes=";
  if (!field || !same_word(field->substr(0, unit.size()), unit)
      || field->find(',') != std::string_view::npos)
    return whole_file{};
  auto rest = field->substr(unit.size());
  if (rest.find('-') == std::string_view::npos)
    return whole_file{};
  auto from = take_until(rest, '-');
  auto to = trimmed(rest);
  if (from.empty())
    return suffix(to, size);
  auto first = parse_number(from);
  auto last = to.empty() ? std::optional<std::uint64_t>{UINT64_MAX} : parse_number(to);
  if (!first || !last || *last < *first)
    return whole_file{};
  if (*first >= size)
    return not_satisfiable{};
  return byte_range{*first, std::min(*last, size - 1)};
}

} // namespace convertd
