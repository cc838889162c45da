#include "webhooks/address_guard.hpp"

#include <algorithm>
#include <array>
#include <span>

namespace convertd {

namespace {

/// Within IPv4 and within 2000::/3, what is not public. Of IPv6 nothing outside of 2000::/3 is.
constexpr std::array<std::string_view, 31> closed_texts{
  "0.0.0.0/8",        // "this network"; 0.0.0.0 is this machine
  "10.0.0.0/8",       // private
  "100.64.0.0/10",    // carrier-grade NAT; the metadata service of Alibaba's cloud
  "127.0.0.0/8",      // loopback
  "168.63.129.16/32", // the metadata service of Azure, in the midst of public addresses
  "169.254.0.0/16",   // link-local; the metadata services of most clouds
  "172.16.0.0/12",    // private
  "192.0.0.0/24",     // protocol assignments; the metadata service of Oracle's cloud
  "192.0.2.0/24",     // documentation
  "192.31.196.0/24",  // AS112
  "192.52.193.0/24",  // AMT relays
  "192.88.99.0/24",   // 6to4 relays
  "192.168.0.0/16",   // private
  "192.175.48.0/24",  // AS112
  "198.18.0.0/15",    // benchmarks
  "198.51.100.0/24",  // documentation
  "203.0.113.0/24",   // documentation
  "224.0.0.0/4",      // multicast
  "240.0.0.0/4",      // reserved, broadcast
  "2001::/23",        // protocol assignments: Teredo, benchmarks, ORCHID, AMT, AS112, …
  "2001:db8::/32",    // documentation
  "2002::/16",        // 6to4
  "2620:4f:8000::/48", // AS112
  "3ffe::/16",        // 6bone, given back
  "3fff::/20",        // documentation
  // Outside of 2000::/3 already; here for whoever looks for them.
  "64:ff9b::/96",   // NAT64
  "64:ff9b:1::/48", // NAT64, local
  "fc00::/7",       // unique local; the metadata service of Amazon's cloud, fd00:ec2::254
  "fe80::/10",      // link-local
  "fec0::/10",      // site-local
  "ff00::/8",       // multicast
};

const std::vector<ip_network>& closed() {
  static const auto networks = [] {
    std::vector<ip_network> out;
    for (auto text : closed_texts)
      out.push_back(parse_network(text).value());
    return out;
  }();
  return networks;
}

bool is_global_unicast(const ip_address& x) {
  return x.v4 || (x.bytes[0] & 0xE0) == 0x20;
}

/// RFC 5214: the interface part is 0000:5efe or 0200:5efe and an IPv4 address.
bool is_isatap(const ip_address& x) {
  auto marker = std::span{x.bytes}.subspan<8, 4>();
  return !x.v4 && (marker[0] & 0xFD) == 0 && marker[1] == 0 && marker[2] == 0x5E
         && marker[3] == 0xFE;
}

bool contained(const std::vector<ip_network>& in, const ip_address& x) {
  return std::ranges::any_of(in, [&](const ip_network& n) { return n.contains(x); });
}

} // namespace

bool is_public(const ip_address& x) {
  return is_global_unicast(x) && !is_isatap(x) && !contained(closed(), x);
}

bool address_guard::permits(const ip_address& x) const {
  return is_public(x) || contained(allowed_, x);
}

} // namespace convertd
