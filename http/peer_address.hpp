// Addresses of clients and of the proxies in front of us.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace convertd {

class request_head;

/// An IPv6 address, or an IPv4 one in its mapped form.
struct peer_address {
  std::array<std::uint8_t, 16> bytes{};

  /// What clients are counted by: an IPv4 address; the /64 of an IPv6 one, which belongs to one
  /// customer.
  std::string counted_as() const;
};

/// A literal: "192.0.2.7", "2001:db8::1".
std::optional<peer_address> parse_address(std::string_view text);

/// As proxies write it in X-Forwarded-For, which some do with a port or in brackets.
std::optional<peer_address> parse_forwarded(std::string_view text);

/// The proxies whose word counts.
class proxy_list {
public:
  /// Each an address or a network ("10.0.0.0/8"); throws std::invalid_argument for anything else.
  explicit proxy_list(std::span<const std::string> networks);

  bool contains(const peer_address& x) const;

  /// Who sent a request that came from one of these proxies: the last address in X-Forwarded-For
  /// that is not a proxy itself. What stands before it was said by the client, and may be a lie.
  std::optional<peer_address> client_of(const request_head& head) const;

private:
  struct network {
    peer_address base;
    unsigned bits = 128;
  };
  std::vector<network> networks_;
};

} // namespace convertd
