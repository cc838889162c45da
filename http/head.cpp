#include "http/head.hpp"

#include "http/text.hpp"

#include <algorithm>
#include <array>

namespace convertd {

namespace {

constexpr std::array<std::string_view, 7> methods{"GET",   "HEAD",   "POST",   "PUT",
                                                  "PATCH", "DELETE", "OPTIONS"};

failure bad(std::string message) {
  return {ec::bad_request, std::move(message), {}, {}};
}

bool is_target_char(char x) {
  return x > ' ' && x < 0x7f && x != '#';
}

/// Text of a field value: no control characters but the tab; bytes above ASCII are opaque.
bool is_value_char(char x) {
  auto byte = static_cast<unsigned char>(x);
  return byte == '\t' || (byte >= ' ' && byte != 0x7f);
}

bool is_host_char(char x) {
  constexpr std::string_view others = "-._~:[]%";
  return (x >= '0' && x <= '9') || (x >= 'a' && x <= 'z') || (x >= 'A' && x <= 'Z')
         || others.find(x) != std::string_view::npos;
}

/// "http://host/path" to "/path" (RFC 9112 section 3.2.2); other forms stay as they are.
std::string_view origin_form(std::string_view target) {
  for (std::string_view scheme : {"http://", "https://"}) {
    if (!same_word(target.substr(0, scheme.size()), scheme))
      continue;
    auto slash = target.find('/', scheme.size());
    return slash == std::string_view::npos ? std::string_view{"/"} : target.substr(slash);
  }
  return target;
}

} // namespace

head_end find_head_end(std::string_view arrived, std::size_t from) {
  for (auto at = arrived.find('\n', from); at != std::string_view::npos;
       at = arrived.find('\n', at + 1)) {
    if (at == 0 || arrived[at - 1] != '\r')
      return {0, true};
    if (at >= 3 && arrived[at - 2] == '\n')
      return {at + 1, false};
  }
  return {};
}

failure request_head::parse(std::string_view text) {
  text_.assign(text);
  method_ = target_ = host_ = {};
  fields_.clear();
  framing_ = body_framing::none;
  content_length_ = 0;
  std::string_view rest = text_;
  auto next_line = [&rest] {
    auto line = rest.substr(0, rest.find("\r\n"));
    rest.remove_prefix(std::min(line.size() + 2, rest.size()));
    return line;
  };
  if (auto why = parse_request_line(next_line()))
    return why;
  for (auto line = next_line(); !line.empty(); line = next_line())
    if (auto why = parse_field(line))
      return why;
  if (auto why = read_host())
    return why;
  if (auto why = read_framing())
    return why;
  return read_connection();
}

failure request_head::parse_request_line(std::string_view line) {
  auto first = line.find(' ');
  auto last = line.rfind(' ');
  if (first == std::string_view::npos || first == last)
    return bad("The request line is not valid.");
  method_ = line.substr(0, first);
  auto target = line.substr(first + 1, last - first - 1);
  auto version = line.substr(last + 1);
  if (!is_token(method_) || target.empty() || !std::ranges::all_of(target, is_target_char))
    return bad("The request line is not valid.");
  if (version != "HTTP/1.1" && version != "HTTP/1.0")
    return bad("Only HTTP/1.0 and HTTP/1.1 are spoken here.");
  http10_ = version == "HTTP/1.0";
  target_ = origin_form(target);
  if (target_.front() != '/')
    return bad("The request target is not valid.");
  if (target_.size() > target_bytes_max)
    return {ec::head_too_large, "The request target is too long.", {}, {}};
  if (std::ranges::find(methods, method_) == methods.end())
    return {ec::method_not_allowed, {}, {}, {}};
  return {};
}

failure request_head::parse_field(std::string_view line) {
  auto colon = line.find(':');
  // A line that starts with a space is an obs-fold, a space before the colon is no token either.
  if (colon == std::string_view::npos || !is_token(line.substr(0, colon)))
    return bad("A header field is not valid.");
  auto value = trimmed(line.substr(colon + 1));
  if (!std::ranges::all_of(value, is_value_char))
    return bad("A header field is not valid.");
  if (fields_.size() == head_fields_max)
    return {ec::head_too_large, "The request has too many header fields.", {}, {}};
  fields_.push_back({line.substr(0, colon), value});
  return {};
}

std::size_t request_head::count(std::string_view name) const {
  return static_cast<std::size_t>(
    std::ranges::count_if(fields_, [&](const field& x) { return same_word(x.name, name); }));
}

std::optional<std::string_view> request_head::header(std::string_view name) const {
  auto found =
    std::ranges::find_if(fields_, [&](const field& x) { return same_word(x.name, name); });
  if (found == fields_.end())
    return std::nullopt;
  return found->value;
}

std::optional<std::string_view> request_head::last_header(std::string_view name) const {
  std::optional<std::string_view> found;
  for (const auto& x : fields_)
    if (same_word(x.name, name))
      found = x.value;
  return found;
}

failure request_head::read_host() {
  auto hosts = count("Host");
  if (hosts > 1 || (hosts == 0 && !http10_))
    return bad("A request must have exactly one Host field.");
  host_ = header("Host").value_or(std::string_view{});
  if (!std::ranges::all_of(host_, is_host_char))
    return bad("The Host field is not valid.");
  return {};
}

failure request_head::read_framing() {
  auto lengths = count("Content-Length");
  auto encodings = count("Transfer-Encoding");
  if (lengths + encodings > 1 || (encodings > 0 && http10_))
    return bad("The length of the body is ambiguous.");
  if (auto coding = header("Content-Encoding"); coding && !same_word(*coding, "identity"))
    return {ec::unsupported_format, "Bodies with a Content-Encoding are not read here.", {}, {}};
  if (encodings > 0) {
    if (!same_word(*header("Transfer-Encoding"), "chunked"))
      return bad("Transfer-Encoding may only be chunked.");
    framing_ = body_framing::chunked;
  } else if (lengths > 0) {
    auto length = parse_number(*header("Content-Length"));
    if (!length)
      return bad("The Content-Length is not a number.");
    framing_ = body_framing::length;
    content_length_ = *length;
  }
  return {};
}

failure request_head::read_connection() {
  keep_alive_ = !http10_;
  for (const auto& x : fields_) {
    if (!same_word(x.name, "Connection"))
      continue;
    for (auto rest = x.value; !rest.empty();) {
      auto word = take_until(rest, ',');
      if (same_word(word, "close")) {
        keep_alive_ = false;
        rest = {};
      } else if (http10_ && same_word(word, "keep-alive")) {
        keep_alive_ = true;
      }
    }
  }
  auto expect = header("Expect");
  if (expect && !same_word(*expect, "100-continue"))
    return bad("The Expect field may only be 100-continue.");
  expects_continue_ = expect.has_value() && !http10_ && has_body();
  return {};
}

} // namespace convertd
