// Names to addresses, for as long as somebody waits.
#pragma once

#include "webhooks/ip_address.hpp"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace convertd {

/// Every address of a name; nothing if there is none, or none before `give_up` says so, which is
/// asked several times a second. Tests put theirs in place.
using resolver = std::function<std::optional<std::vector<ip_address>>(
  const std::string& host, const std::function<bool()>& give_up)>;

/// Names that may be looked up at a time: a name server that does not answer holds a thread until
/// the system's own timeout, and no further one is asked meanwhile.
inline constexpr int lookups_max = 64;

/// The system's resolver. The lookup runs in a thread of its own, which is left alone when nobody
/// waits any more: getaddrinfo() cannot be broken off.
std::optional<std::vector<ip_address>> resolve(const std::string& host,
                                               const std::function<bool()>& give_up);

} // namespace convertd
