// The control socket's language: one JSON object a line, one request, one reply, then it is closed.
#pragma once

#include "app/admin.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace convertd {

inline constexpr std::size_t control_bytes_max = 64 * 1024; ///< Of a line, with its end.

/// Both without the end of the line.
std::string to_json(const admin_request& x);
std::string to_json(const admin_reply& x);

/// Nothing if the text is not what to_json() writes; what is missing has its default.
std::optional<admin_request> parse_admin_request(std::string_view json);
std::optional<admin_reply> parse_admin_reply(std::string_view json);

} // namespace convertd
