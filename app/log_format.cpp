#include "app/log_format.hpp"

#include "http/json.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <sys/stat.h>
#include <system_error>

namespace convertd {

namespace {

/// What clients send is printable ASCII in the log, or a question mark.
std::string cleaned(std::string_view text) {
  std::string out{text};
  std::ranges::replace_if(
    out, [](unsigned char c) { return c < 0x20 || c >= 0x7f; }, '?');
  return out;
}

/// With one digit after the point.
std::string rounded(double x) {
  std::array<char, 32> text;
  auto end = std::to_chars(text.begin(), text.end(), x, std::chars_format::fixed, 1);
  return end.ec == std::errc{} ? std::string{text.begin(), end.ptr} : "0.0";
}

void append_value(std::string& out, const log_field& x) {
  if (const auto* text = std::get_if<std::string_view>(&x.value))
    out.append(text->empty() ? "-" : cleaned(*text));
  else if (const auto* number = std::get_if<std::uint64_t>(&x.value))
    out.append(std::to_string(*number));
  else
    out.append(rounded(std::get<double>(x.value)));
}

std::string json_text(std::string_view sentence, log_fields fields) {
  json_writer out;
  out.begin_object().field("message", sentence);
  for (const auto& x : fields) {
    if (const auto* text = std::get_if<std::string_view>(&x.value)) {
      if (!text->empty())
        out.field(x.name, cleaned(*text));
    } else if (const auto* number = std::get_if<std::uint64_t>(&x.value)) {
      out.field(x.name, *number);
    } else {
      out.key(x.name).raw_number(rounded(std::get<double>(x.value)));
    }
  }
  auto text = out.end_object().take();
  return text.substr(1, text.size() - 2);
}

} // namespace

log_style log_style_of(std::string_view word, int stderr_fd, const char* journal_stream) {
  if (word == "json")
    return log_style::json;
  if (word == "journald")
    return log_style::journald;
  struct stat facts {};
  if (word != "auto" || journal_stream == nullptr || ::fstat(stderr_fd, &facts) != 0)
    return log_style::plain;
  auto ours = std::to_string(facts.st_dev) + ":" + std::to_string(facts.st_ino);
  return ours == journal_stream ? log_style::journald : log_style::plain;
}

std::string log_text(log_style style, std::string_view sentence, log_fields fields) {
  if (style == log_style::json)
    return json_text(sentence, fields);
  constexpr std::size_t most_lines_fit = 512;
  std::string out;
  out.reserve(most_lines_fit);
  out.append(sentence);
  for (const auto& x : fields)
    append_value(out.append(" ").append(x.name).append("="), x);
  return out;
}

} // namespace convertd
