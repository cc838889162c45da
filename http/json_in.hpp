// JSON that clients send, read with simdjson.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace convertd {

/// The text of a JSON object without white space outside of strings. Throws request_refused:
/// invalid_json.
std::string compact_json_object(std::string_view text, std::string_view field);

/// The plain members of a JSON object as a form would send them; null is empty. Throws
/// request_refused: invalid_json, whose sentence starts with `what`.
std::map<std::string, std::string, std::less<>> json_object_as_text(std::string_view text,
                                                                    std::string_view what);

/// The values of a flat JSON array as a form would send them: "webp", "82", "true"; null is empty.
/// Throws request_refused: invalid_json.
std::vector<std::string> json_array_as_text(std::string_view text, std::string_view field);

} // namespace convertd
