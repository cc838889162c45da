// Bodies that are a few fields of JSON.
#pragma once

#include "http/exchange.hpp"

#include <cstddef>
#include <optional>
#include <string>

namespace convertd {

inline constexpr std::size_t small_body_max = 64 * 1024; ///< Bytes.

/// The whole body; nothing if more has to come first: the request is parked then, and the handler
/// should return. Throws request_refused: invalid_json for a body that is longer than
/// small_body_max, and as request_body::read() does.
std::optional<std::string> read_small_body(exchange& x);

} // namespace convertd
