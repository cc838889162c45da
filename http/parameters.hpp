// Query parameters and preferences, read and checked.
#pragma once

#include "http/exchange.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace convertd {

/// The number in parameter `name`; nothing if absent. Throws request_refused: invalid_setting.
std::optional<std::uint64_t> number_parameter(const exchange& x, const std::string& name,
                                              std::uint64_t min, std::uint64_t max);

/// true or false; absent = false. Throws request_refused: invalid_setting.
bool flag_parameter(const exchange& x, const std::string& name);

inline constexpr std::chrono::seconds wait_time_max{60};

/// How long the client wants to wait for its job: ?wait=, else `Prefer: wait=` (RFC 7240), at most
/// wait_time_max; 0 = not at all.
std::chrono::seconds wait_time(const exchange& x);

} // namespace convertd
