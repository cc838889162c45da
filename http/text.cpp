#include "http/text.hpp"

#include <algorithm>
#include <charconv>

namespace convertd {

namespace {

char lower(char x) {
  return x >= 'A' && x <= 'Z' ? static_cast<char>(x + ('a' - 'A')) : x;
}

bool is_token_char(char x) {
  constexpr std::string_view others = "!#$%&'*+-.^_`|~";
  return (x >= '0' && x <= '9') || (lower(x) >= 'a' && lower(x) <= 'z')
         || others.find(x) != std::string_view::npos;
}

/// Takes a quoted string with its backslash escapes off `rest`, which starts after the quote.
/// Browsers send a backslash as it is, so one that escapes neither a quote nor itself stays.
std::string take_quoted(std::string_view& rest) {
  std::string value;
  std::size_t i = 0;
  for (; i < rest.size() && rest[i] != '"'; ++i) {
    bool escape =
      rest[i] == '\\' && i + 1 < rest.size() && (rest[i + 1] == '"' || rest[i + 1] == '\\');
    value += rest[escape ? ++i : i];
  }
  rest.remove_prefix(std::min(i + 1, rest.size()));
  return value;
}

} // namespace

bool same_word(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](char x, char y) { return lower(x) == lower(y); });
}

std::string_view trimmed(std::string_view x) {
  auto first = x.find_first_not_of(" \t");
  if (first == std::string_view::npos)
    return {};
  return x.substr(first, x.find_last_not_of(" \t") - first + 1);
}

bool is_token(std::string_view x) {
  return !x.empty() && std::ranges::all_of(x, is_token_char);
}

std::optional<std::uint64_t> parse_number(std::string_view x) {
  constexpr std::size_t digits_max = 19; // any such number fits in 64 bits
  if (x.empty() || x.size() > digits_max || x.find_first_not_of("0123456789") != x.npos)
    return std::nullopt;
  std::uint64_t value = 0;
  std::from_chars(x.data(), x.data() + x.size(), value);
  return value;
}

int hex_value(char x) {
  if (x >= '0' && x <= '9')
    return x - '0';
  auto letter = lower(x);
  return letter >= 'a' && letter <= 'f' ? letter - 'a' + 10 : -1;
}

std::string_view take_until(std::string_view& rest, char separator) {
  auto at = rest.find(separator);
  auto part = rest.substr(0, at);
  rest.remove_prefix(at == std::string_view::npos ? rest.size() : at + 1);
  return trimmed(part);
}

std::optional<std::string> header_parameter(std::string_view value, std::string_view name) {
  auto rest = value;
  take_until(rest, ';');
  while (!rest.empty()) {
    auto equals = rest.find_first_of("=;");
    if (equals == std::string_view::npos || rest[equals] == ';') {
      take_until(rest, ';');
      continue;
    }
    auto key = trimmed(rest.substr(0, equals));
    rest = rest.substr(equals + 1);
    rest.remove_prefix(std::min(rest.find_first_not_of(" \t"), rest.size()));
    std::string found;
    if (!rest.empty() && rest.front() == '"') {
      rest.remove_prefix(1);
      found = take_quoted(rest);
      take_until(rest, ';');
    } else {
      found = take_until(rest, ';');
    }
    if (same_word(key, name))
      return found;
  }
  return std::nullopt;
}

std::string percent_decoded(std::string_view x) {
  std::string out;
  out.reserve(x.size());
  for (std::size_t i = 0; i < x.size(); ++i) {
    bool coded =
      x[i] == '%' && i + 2 < x.size() && hex_value(x[i + 1]) >= 0 && hex_value(x[i + 2]) >= 0;
    if (coded) {
      out += static_cast<char>(hex_value(x[i + 1]) * 16 + hex_value(x[i + 2]));
      i += 2;
    } else {
      out += x[i];
    }
  }
  return out;
}

std::string percent_encoded(std::string_view x) {
  constexpr std::string_view plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                     "0123456789-._~";
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string out;
  for (char each : x) {
    auto byte = static_cast<unsigned char>(each);
    if (plain.find(each) != std::string_view::npos)
      out += each;
    else
      out.append({'%', digits[byte >> 4], digits[byte & 15]});
  }
  return out;
}

std::string content_disposition(std::string_view name) {
  std::string plain;
  for (char each : name)
    plain += each >= ' ' && each < 0x7f && each != '"' && each != '\\' && each != '%' ? each : '_';
  return "attachment; filename=\"" + plain + "\"; filename*=UTF-8''" + percent_encoded(name);
}

} // namespace convertd
