// Bytes as the answer: validators, ranges, and what keeps browsers from running them.
#pragma once

#include "http/answer.hpp"
#include "http/byte_range.hpp"
#include "http/exchange.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace convertd {

struct content {
  std::string name; ///< To save it under.
  std::string_view mime_type;
  std::string etag; ///< With its quotes.
  std::uint64_t size = 0;
  std::function<body_source(byte_range)> open; ///< Called once, for a range that lies within.
};

/// If-None-Match names this version; it compares weakly (RFC 9110 section 13.1.2). `etag` has its
/// quotes.
bool names_etag(std::string_view list, std::string_view etag);

/// The whole, the range that `x` asks for, 304 or 416. `x` has the `exp` of a signed URL.
void answer_content(exchange& x, const content& what);

} // namespace convertd
