// The URL of a receiver, taken apart and checked: when it is named, and again before each delivery.
#pragma once

#include "webhooks/address_guard.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

namespace convertd {

inline constexpr std::size_t target_url_bytes_max = 2'048;

struct target_url {
  std::string text; ///< As libcurl writes it: scheme and host in lower case, numbers in full.
  std::string host; ///< A name, or an address without brackets.
  std::uint16_t port = 0;
};

/// Takes `text` apart with libcurl's own parser, so that what is checked is what is connected to.
/// Gives the sentence for a person if it may not be a target: not http or https, user and password,
/// a host that is not plain ASCII, an address that `guard` refuses. A name is not looked up.
std::variant<target_url, std::string> parse_target(std::string_view text,
                                                   const address_guard& guard);

} // namespace convertd
