// Which addresses the server may connect to on a client's behalf: public ones, and no others.
//
// A URL that a client names must not reach what only the server can reach: itself, its neighbours,
// the metadata service of its cloud. Refused is everything that IANA's special-purpose registries
// (RFC 6890 and later) do not call globally reachable unicast, and every form in which an IPv4
// address hides in an IPv6 one: mapped, compatible, translated (NAT64), 6to4, Teredo, ISATAP.
#pragma once

#include "webhooks/ip_address.hpp"

#include <utility>
#include <vector>

namespace convertd {

/// A pure function of the address: it is told nothing of names, and asks nobody.
bool is_public(const ip_address& x);

class address_guard {
public:
  address_guard() = default;
  /// `allowed`: networks that may be connected to although they are not public.
  explicit address_guard(std::vector<ip_network> allowed) : allowed_{std::move(allowed)} {}

  bool permits(const ip_address& x) const;

private:
  std::vector<ip_network> allowed_;
};

} // namespace convertd
