// The description of the API, http/openapi.json: part of the program, and the only one. A test
// compares it with the routes; another walks it against a running server.
#pragma once

#include <string>
#include <string_view>

namespace convertd {

/// As it is in the sources; the version of the program is the word VERSION.
std::string_view openapi_text();

/// The same in a few lines: what /llms.txt says. `openapi` is the JSON.
std::string llms_text(std::string_view openapi);

} // namespace convertd
