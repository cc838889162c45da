// API keys: made and shortened. A key's text exists only where it is shown once; how it is kept is
// in http/auth.hpp, where it is looked up.
#pragma once

#include <string>
#include <string_view>

namespace convertd {

/// `ck_` and 43 characters of base64url: 32 bytes from the kernel's generator.
std::string new_key_text();

/// The first eleven characters: enough to tell keys apart, useless for guessing the rest.
std::string hint_of_key(std::string_view text);

} // namespace convertd
