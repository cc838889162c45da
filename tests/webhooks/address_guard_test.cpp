#include "webhooks/address_guard.hpp"

#include <gtest/gtest.h>

#include <array>
#include <stdexcept>

namespace convertd {
namespace {

constexpr std::array closed_ones{"0.0.0.0",
                                 "0.255.255.255",
                                 "10.0.0.0",
                                 "10.255.255.255",
                                 "100.64.0.0",
                                 "100.100.100.200",
                                 "100.127.255.255",
                                 "127.0.0.0",
                                 "127.0.0.1",
                                 "127.255.255.255",
                                 "168.63.129.16",
                                 "169.254.0.0",
                                 "169.254.169.254",
                                 "169.254.170.2",
                                 "169.254.255.255",
                                 "172.16.0.0",
                                 "172.31.255.255",
                                 "192.0.0.0",
                                 "192.0.0.192",
                                 "192.0.2.1",
                                 "192.31.196.1",
                                 "192.52.193.1",
                                 "192.88.99.1",
                                 "192.168.0.0",
                                 "192.168.255.255",
                                 "192.175.48.1",
                                 "198.18.0.0",
                                 "198.19.255.255",
                                 "198.51.100.1",
                                 "203.0.113.255",
                                 "224.0.0.1",
                                 "239.255.255.255",
                                 "240.0.0.0",
                                 "255.255.255.255",
                                 "::",
                                 "::1",
                                 "::7f00:1",
                                 "::8.8.8.8",
                                 "::ffff:8.8.8.8",
                                 "::ffff:127.0.0.1",
                                 "::ffff:0:127.0.0.1",
                                 "64:ff9b::8.8.8.8",
                                 "64:ff9b::7f00:1",
                                 "64:ff9b:1::1",
                                 "64:ff9b:1:ffff::1",
                                 "100::1",
                                 "100:0:0:1::1",
                                 "1fff::1",
                                 "2001::1",
                                 "2001:0:4136:e378:8000:63bf:3fff:fdd2",
                                 "2001:2::1",
                                 "2001:10::1",
                                 "2001:20::1",
                                 "2001:1ff:ffff::1",
                                 "2001:db8::1",
                                 "2002::1",
                                 "2002:7f00:1::",
                                 "2002:808:808::1",
                                 "2620:4f:8000::1",
                                 "3ffe::1",
                                 "3fff::1",
                                 "3fff:fff::1",
                                 "4000::1",
                                 "5f00::1",
                                 "fc00::1",
                                 "fd00:ec2::254",
                                 "fdff::1",
                                 "fe80::1",
                                 "febf::1",
                                 "fec0::1",
                                 "ff02::1",
                                 "ff0e::1",
                                 "2a00::5efe:127.0.0.1",
                                 "2a00::200:5efe:10.0.0.1"};

TEST(AddressGuardTest, PublicAddressesArePermitted) {
  for (const auto* text : {"1.1.1.1",         "8.8.8.8",
                           "9.255.255.255",   "11.0.0.0",
                           "100.63.255.255",  "100.128.0.0",
                           "126.255.255.255", "128.0.0.0",
                           "168.63.129.15",   "169.253.255.255",
                           "172.15.255.255",  "172.32.0.0",
                           "192.0.1.0",       "192.167.255.255",
                           "192.169.0.0",     "198.17.255.255",
                           "198.20.0.0",      "203.0.112.255",
                           "203.0.114.0",     "223.255.255.255",
                           "2606:4700::1111", "2a00:1450::1",
                           "2001:200::1",     "2001:db7:ffff::1",
                           "2003::1",         "2001:4860:4860::8888",
                           "3ffd::1"})
    EXPECT_TRUE(address_guard{}.permits(parse_ip(text).value())) << text;
}

TEST(AddressGuardTest, EveryOtherAddressIsRefused) {
  for (const auto* text : closed_ones)
    EXPECT_FALSE(address_guard{}.permits(parse_ip(text).value())) << text;
}

TEST(AddressGuardTest, WhatIsAllowedIsPermittedAndNothingBesideIt) {
  address_guard guard{parse_networks("10.1.0.0/16  127.0.0.1 fd12::/17")};
  for (const auto* text : {"10.1.0.0", "10.1.255.255", "127.0.0.1", "fd12:7fff::1", "8.8.8.8"})
    EXPECT_TRUE(guard.permits(parse_ip(text).value())) << text;
  for (const auto* text : {"10.0.255.255", "10.2.0.0", "127.0.0.2", "fd12:8000::1", "fd13::1",
                           "::ffff:127.0.0.1", "::1", "64:ff9b::10.1.0.1"})
    EXPECT_FALSE(guard.permits(parse_ip(text).value())) << text;
}

TEST(AddressGuardTest, NoAddressOfAClosedNetworkIsPublicAndNoneBesideIt) {
  auto network = parse_network("172.16.0.0/12").value();
  for (unsigned second = 0; second < 256; ++second) {
    auto address = parse_ip("172." + std::to_string(second) + ".7.7").value();
    EXPECT_EQ(is_public(address), !network.contains(address)) << second;
  }
}

TEST(IpAddressTest, OnlyTheUsualLiteralsAreRead) {
  for (const auto* text : {"", "127.1", "0x7f.0.0.1", "0177.0.0.1", "2130706433", "127.0.0.1.",
                           " 127.0.0.1", "[::1]", "fe80::1%lo", "::1::", "1.2.3.256", "localhost"})
    EXPECT_FALSE(parse_ip(text)) << text;
  EXPECT_FALSE(parse_ip(std::string_view{"127.0.0.1\0.example", 18}));
}

TEST(IpAddressTest, FamiliesDoNotMix) {
  EXPECT_FALSE(parse_network("0.0.0.0/0").value().contains(parse_ip("::").value()));
  EXPECT_FALSE(parse_network("::/0").value().contains(parse_ip("0.0.0.0").value()));
}

TEST(IpAddressTest, NetworksAreReadExactly) {
  EXPECT_EQ(parse_networks("").size(), 0U);
  EXPECT_EQ(parse_networks(" 10.0.0.0/8 ::1 ").size(), 2U);
  for (const auto* text :
       {"10.0.0.0/33", "10.0.0.0/", "10.0.0.0/-1", "10.0.0.0/8x", "::/129", "10.0.0/8", "any"})
    EXPECT_THROW(parse_networks(text), std::invalid_argument) << text;
}

} // namespace
} // namespace convertd
