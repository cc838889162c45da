// The pages for browsers, web/: part of the program. They are served to whoever asks, since they
// say nothing about anybody; what they show they fetch with the key that is typed into them.
#pragma once

#include <span>
#include <string_view>

namespace convertd {

struct web_file {
  std::string_view name; ///< As in web/.
  std::string_view text;
};

/// Every file of web/, by name.
std::span<const web_file> web_files();

} // namespace convertd
