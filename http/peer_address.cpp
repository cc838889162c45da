#include "http/peer_address.hpp"

#include "http/head.hpp"
#include "http/text.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <cstring>
#include <netinet/in.h>
#include <stdexcept>

namespace convertd {

namespace {

constexpr std::array<std::uint8_t, 12> mapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

bool is_v4(const peer_address& x) {
  return std::ranges::equal(std::span{x.bytes}.first<12>(), mapped);
}

bool same_prefix(const peer_address& a, const peer_address& b, unsigned bits) {
  auto whole = bits / 8;
  if (std::memcmp(a.bytes.data(), b.bytes.data(), whole) != 0)
    return false;
  auto rest = bits % 8;
  return rest == 0 || ((a.bytes[whole] ^ b.bytes[whole]) >> (8 - rest)) == 0;
}

} // namespace

std::string peer_address::counted_as() const {
  std::array<char, INET6_ADDRSTRLEN> text{};
  auto copy = bytes;
  if (is_v4(*this)) {
    inet_ntop(AF_INET, copy.data() + 12, text.data(), text.size());
  } else {
    std::fill(copy.begin() + 8, copy.end(), std::uint8_t{0});
    inet_ntop(AF_INET6, copy.data(), text.data(), text.size());
  }
  return text.data();
}

std::optional<peer_address> parse_address(std::string_view text) {
  peer_address out;
  std::string copy{text};
  if (inet_pton(AF_INET6, copy.c_str(), out.bytes.data()) == 1)
    return out;
  if (inet_pton(AF_INET, copy.c_str(), out.bytes.data() + 12) != 1)
    return std::nullopt;
  std::ranges::copy(mapped, out.bytes.begin());
  return out;
}

std::optional<peer_address> parse_forwarded(std::string_view text) {
  text = trimmed(text);
  if (text.starts_with('['))
    text = text.substr(1, std::min(text.find(']'), text.size()) - 1);
  else if (std::ranges::count(text, ':') == 1)
    text = text.substr(0, text.find(':'));
  return parse_address(text);
}

proxy_list::proxy_list(std::span<const std::string> networks) {
  for (const auto& each : networks) {
    std::string_view text = each;
    auto address = parse_address(text.substr(0, text.find('/')));
    if (!address)
      throw std::invalid_argument{"not an address or a network: " + each};
    std::uint64_t widest = is_v4(*address) ? 32 : 128;
    auto bits = std::optional{widest};
    if (auto slash = text.find('/'); slash != text.npos)
      bits = parse_number(text.substr(slash + 1));
    if (!bits || *bits > widest)
      throw std::invalid_argument{"not an address or a network: " + each};
    networks_.push_back({*address, static_cast<unsigned>(*bits + 128 - widest)});
  }
}

bool proxy_list::contains(const peer_address& x) const {
  return std::ranges::any_of(networks_,
                             [&](const network& n) { return same_prefix(n.base, x, n.bits); });
}

std::optional<peer_address> proxy_list::client_of(const request_head& head) const {
  auto list = head.last_header("X-Forwarded-For").value_or(std::string_view{});
  while (!list.empty()) {
    auto comma = list.rfind(',');
    auto last = comma == list.npos ? list : list.substr(comma + 1);
    list = comma == list.npos ? std::string_view{} : list.substr(0, comma);
    auto address = parse_forwarded(last);
    if (!address || !contains(*address))
      return address;
  }
  return std::nullopt;
}

} // namespace convertd
