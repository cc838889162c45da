#include "webhooks/ip_address.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <charconv>
#include <cstring>
#include <netinet/in.h>
#include <stdexcept>

namespace convertd {

std::optional<ip_address> parse_ip(std::string_view text) {
  std::string copy{text};
  ip_address out;
  out.v4 = inet_pton(AF_INET, copy.c_str(), out.bytes.data()) == 1;
  if (copy.size() != std::strlen(copy.c_str())) // a zero byte hides what follows it
    return std::nullopt;
  if (out.v4 || inet_pton(AF_INET6, copy.c_str(), out.bytes.data()) == 1)
    return out;
  return std::nullopt;
}

std::optional<ip_address> ip_of(const sockaddr& x) {
  ip_address out;
  if (x.sa_family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, &x, sizeof v4);
    out.v4 = true;
    std::memcpy(out.bytes.data(), &v4.sin_addr, 4);
    return out;
  }
  if (x.sa_family != AF_INET6)
    return std::nullopt;
  sockaddr_in6 v6{};
  std::memcpy(&v6, &x, sizeof v6);
  std::memcpy(out.bytes.data(), &v6.sin6_addr, 16);
  return out;
}

std::string to_text(const ip_address& x) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  inet_ntop(x.v4 ? AF_INET : AF_INET6, x.bytes.data(), text.data(), text.size());
  return text.data();
}

bool ip_network::contains(const ip_address& x) const {
  if (x.v4 != base.v4)
    return false;
  auto whole = bits / 8;
  if (!std::equal(x.bytes.begin(), x.bytes.begin() + whole, base.bytes.begin()))
    return false;
  auto rest = bits % 8;
  return rest == 0 || ((x.bytes[whole] ^ base.bytes[whole]) >> (8 - rest)) == 0;
}

std::optional<ip_network> parse_network(std::string_view text) {
  auto slash = text.find('/');
  auto base = parse_ip(text.substr(0, slash));
  if (!base)
    return std::nullopt;
  unsigned widest = base->v4 ? 32 : 128;
  if (slash == text.npos)
    return ip_network{*base, widest};
  auto digits = text.substr(slash + 1);
  unsigned bits = 0;
  auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), bits);
  if (error != std::errc{} || end != digits.data() + digits.size() || bits > widest)
    return std::nullopt;
  return ip_network{*base, bits};
}

std::vector<ip_network> parse_networks(std::string_view text) {
  std::vector<ip_network> out;
  while (!text.empty()) {
    auto word = text.substr(0, text.find(' '));
    text.remove_prefix(std::min(word.size() + 1, text.size()));
    if (word.empty())
      continue;
    auto network = parse_network(word);
    if (!network)
      throw std::invalid_argument{"not an address or a network: " + std::string{word}};
    out.push_back(*network);
  }
  return out;
}

} // namespace convertd
