// The settings that can be given once or per file, as one table.
#pragma once

#include "job/conversion.hpp"

#include <optional>
#include <span>
#include <string_view>

namespace convertd {

struct setting {
  std::string_view name;
  std::string_view array; ///< Its field with one value per file.
  bool convert;           ///< It has a meaning when converting …
  bool compress;          ///< … and when compressing; without one it is ignored.
  /// Sets it from text; `field` is where the text came from. Throws request_refused.
  void (*apply)(conversion& to, std::string_view value, std::string_view field);
};

std::span<const setting> file_settings();

/// true or false; empty = not given. Throws request_refused.
std::optional<bool> read_flag(std::string_view value, std::string_view field);

/// Throws request_refused when a format is missing, or a mode lacks its number; drops numbers that
/// the mode ignores.
void check_complete(conversion& x);

} // namespace convertd
