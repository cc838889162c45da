// Which handler answers which request.
#pragma once

#include "http/exchange.hpp"
#include "http/services.hpp"

#include <span>
#include <string_view>

namespace convertd {

struct route {
  std::string_view method;
  std::string_view path; ///< A segment in braces stands for any one that is not empty.
  void (*serve)(exchange& x, const services& with);
};

/// All of them, on one screen.
std::span<const route> routes();

/// Serves `x` by the route that fits; HEAD is served as GET. Throws request_refused: not_offered
/// below /api, not_found elsewhere, method_not_allowed is answered with `Allow`.
void route_request(exchange& x, const services& with);

/// Served out of memory and the store, without waiting for anything: a small new job, a look at
/// one.
bool is_quick(const request_head& head);

/// Requests to this path may take as long as the client's line is slow.
bool is_download_path(std::string_view path);

} // namespace convertd
