// What a man page is made of.
#pragma once

#include <string>
#include <string_view>

namespace convertd {

/// `text` as it is to be read, whatever roff would make of it.
std::string roff_text(std::string_view text);

/// The head of a page, with its name and what it is about.
std::string roff_title(std::string_view name, std::string_view section, std::string_view about);

} // namespace convertd
