// IPv4 and IPv6 addresses and networks as values.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

struct sockaddr;

namespace convertd {

/// An address of either family. The families never mix: ::ffff:10.0.0.1 is an IPv6 address.
struct ip_address {
  bool v4 = false;
  std::array<std::uint8_t, 16> bytes{}; ///< In network order; of an IPv4 address the first four.

  friend bool operator==(const ip_address&, const ip_address&) = default;
};

/// The usual literal, and nothing else: four decimal numbers, or RFC 4291's forms without a zone.
std::optional<ip_address> parse_ip(std::string_view text);

/// The address in a socket's address; nothing for other families.
std::optional<ip_address> ip_of(const sockaddr& x);

std::string to_text(const ip_address& x);

/// An address and how many of its leading bits count.
struct ip_network {
  ip_address base;
  unsigned bits = 0;

  bool contains(const ip_address& x) const;
};

/// "10.0.0.0/8", "::1/128", or an address alone, which is a network of one.
std::optional<ip_network> parse_network(std::string_view text);

/// Networks separated by spaces. Throws std::invalid_argument for anything else.
std::vector<ip_network> parse_networks(std::string_view text);

} // namespace convertd
