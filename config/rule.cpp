// What a row of the table accepts, and how it is called in each place.
#include "config/table.hpp"
#include "config/values.hpp"

#include <algorithm>
#include <cstdint>

namespace convertd {

namespace {

std::string full_name(const setting_row& x, char between) {
  std::string result{x.group};
  if (!result.empty())
    result += between;
  return result += x.name;
}

bool is_choice(std::string_view word, std::string_view choices) {
  while (!choices.empty()) {
    auto end = std::min(choices.find(' '), choices.size());
    if (choices.substr(0, end) == word)
      return true;
    choices.remove_prefix(std::min(end + 1, choices.size()));
  }
  return false;
}

std::optional<std::uint64_t> parse_number(value_kind kind, std::string_view text) {
  if (kind == value_kind::size)
    return parse_size(text);
  if (kind == value_kind::count)
    return parse_count(text);
  if (kind == value_kind::boolean) {
    auto x = parse_boolean(text);
    return x ? std::optional<std::uint64_t>{*x} : std::nullopt;
  }
  auto x = parse_duration(text);
  return x ? std::optional{static_cast<std::uint64_t>(x->count())} : std::nullopt;
}

std::string_view form_of(value_kind kind) {
  switch (kind) {
    case value_kind::count: return "must be a whole number";
    case value_kind::size: return "must be a size such as 65536, 64KiB, 500MB or 10GiB";
    case value_kind::duration: return "must be a duration such as 500ms, 30s, 15min, 24h or 30d";
    case value_kind::boolean: return "must be true or false";
    default: return "must be text";
  }
}

std::variant<raw_value, std::string> read_text(const value_rule& rule, std::string_view text) {
  if (rule.kind == value_kind::choice && !is_choice(text, rule.choices))
    return "must be one of " + allowed_text(rule);
  std::string value{text};
  if (value.find('\0') != std::string::npos)
    return std::string{"must not contain a zero byte"};
  if (rule.complaint != nullptr)
    if (auto complaint = rule.complaint(value); !complaint.empty())
      return std::string{complaint};
  return raw_value{std::move(value)};
}

bool is_textual(value_kind kind) {
  return kind == value_kind::text || kind == value_kind::path || kind == value_kind::choice;
}

} // namespace

std::string setting_row::key() const {
  return full_name(*this, '.');
}

std::string setting_row::flag() const {
  auto result = full_name(*this, '-');
  std::replace(result.begin(), result.end(), '_', '-');
  return "--" + result;
}

std::string setting_row::variable() const {
  auto result = full_name(*this, '_');
  for (auto& c : result)
    if (c >= 'a' && c <= 'z')
      c = static_cast<char>(c - 'a' + 'A');
  return "CONVERTD_" + result;
}

std::variant<raw_value, std::string> read_value(const value_rule& rule, std::string_view text) {
  if (is_textual(rule.kind))
    return read_text(rule, text);
  auto number = parse_number(rule.kind, text);
  if (!number)
    return std::string{form_of(rule.kind)};
  if (rule.kind != value_kind::boolean && (*number < rule.min || *number > rule.max))
    return "must be " + allowed_text(rule);
  return raw_value{*number};
}

std::string value_text(const value_rule& rule, const raw_value& value) {
  if (const auto* text = std::get_if<std::string>(&value))
    return *text;
  auto number = std::get<std::uint64_t>(value);
  switch (rule.kind) {
    case value_kind::size: return size_text(number);
    case value_kind::duration:
      return duration_text(milliseconds{static_cast<milliseconds::rep>(number)});
    case value_kind::boolean: return number != 0 ? "true" : "false";
    default: return std::to_string(number);
  }
}

std::string allowed_text(const value_rule& rule) {
  if (rule.kind == value_kind::boolean)
    return "true or false";
  if (rule.kind == value_kind::choice) {
    std::string result;
    for (auto c : rule.choices)
      result += c == ' ' ? std::string{", "} : std::string{c};
    return result;
  }
  if (is_textual(rule.kind))
    return rule.kind == value_kind::path ? "a path" : "text";
  return "between " + value_text(rule, rule.min) + " and " + value_text(rule, rule.max);
}

} // namespace convertd
