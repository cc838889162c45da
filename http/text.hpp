// Small questions about text that several parsers of HTTP ask. ASCII only, as RFC 9110 has it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace convertd {

/// Equal but for the case of ASCII letters.
bool same_word(std::string_view a, std::string_view b);

/// Without spaces and tabs at both ends.
std::string_view trimmed(std::string_view x);

/// A token of RFC 9110 section 5.6.2: a method, a field name.
bool is_token(std::string_view x);

/// 1 to 19 digits and nothing else.
std::optional<std::uint64_t> parse_number(std::string_view x);

/// The value of a hexadecimal digit, or -1.
int hex_value(char x);

/// Takes the part before `separator` off `rest`, trimmed; the last call takes all that is left.
std::string_view take_until(std::string_view& rest, char separator);

/// The value of parameter `name` in "type; a=b; c=\"d\"", unquoted; nothing if it is not there.
std::optional<std::string> header_parameter(std::string_view value, std::string_view name);

/// "%C3%A9" to its bytes; a % without two digits stays as it is.
std::string percent_decoded(std::string_view x);

/// For a header parameter such as `filename*` (RFC 8187): UTF-8 bytes, all but the plainest coded.
std::string percent_encoded(std::string_view x);

/// The value of Content-Disposition for a file to be saved under `name` (RFC 6266): a plain name
/// for old clients, the true one for the others.
std::string content_disposition(std::string_view name);

} // namespace convertd
