#include "webhooks/target_url.hpp"

#include <algorithm>
#include <charconv>
#include <curl/curl.h>
#include <memory>
#include <optional>

namespace convertd {

namespace {

using url_handle = std::unique_ptr<CURLU, decltype(&curl_url_cleanup)>;

std::optional<std::string> part_of(CURLU* url, CURLUPart part, unsigned flags = 0) {
  char* text = nullptr;
  if (curl_url_get(url, part, &text, flags) != CURLUE_OK)
    return std::nullopt;
  std::unique_ptr<char, decltype(&curl_free)> owned{text, &curl_free};
  return std::string{text};
}

/// Names in their ASCII form only: other letters, dots and digits among them, become a host's name
/// by mapping, and a full-width "１２７" is 127 then.
bool is_plain_host(std::string_view host) {
  return !host.empty() && std::ranges::all_of(host, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-'
           || c == '.' || c == '_';
  });
}

bool is_printable(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c > ' ' && c < '\x7F'; });
}

} // namespace

std::variant<target_url, std::string> parse_target(std::string_view text,
                                                   const address_guard& guard) {
  if (text.size() > target_url_bytes_max)
    return "must not be longer than 2,048 bytes.";
  if (!is_printable(text))
    return "must be written in ASCII without spaces; a name with other letters begins with xn--.";
  url_handle url{curl_url(), &curl_url_cleanup};
  auto parsed =
    curl_url_set(url.get(), CURLUPART_URL, std::string{text}.c_str(), CURLU_DISALLOW_USER);
  if (parsed == CURLUE_USER_NOT_ALLOWED)
    return "must not contain a user or a password.";
  auto scheme = part_of(url.get(), CURLUPART_SCHEME);
  if (parsed == CURLUE_UNSUPPORTED_SCHEME
      || (parsed == CURLUE_OK && scheme != "http" && scheme != "https"))
    return "must start with http:// or https://.";
  auto whole = part_of(url.get(), CURLUPART_URL);
  auto host = part_of(url.get(), CURLUPART_HOST);
  auto port = part_of(url.get(), CURLUPART_PORT, CURLU_DEFAULT_PORT);
  if (parsed != CURLUE_OK || !whole || !host || !port)
    return "must be a URL, such as https://example.com/hook.";
  target_url out{*whole, *host, 0};
  std::from_chars(port->data(), port->data() + port->size(), out.port);
  if (out.port == 0)
    return "must not name port 0.";
  bool bracketed = out.host.starts_with('[');
  if (bracketed)
    out.host = out.host.substr(1, out.host.size() - 2);
  auto address = parse_ip(out.host);
  if (bracketed ? !address.has_value() : !is_plain_host(out.host))
    return "must name a host in ASCII, or an address without a zone.";
  if (address && !guard.permits(*address))
    return "must not lead to an address that is not public.";
  return out;
}

} // namespace convertd
