// What a running server takes over when its settings are read anew.
#pragma once

#include "config/settings.hpp"

#include <functional>
#include <string>
#include <vector>

namespace convertd {

/// Keys of the settings in which the two differ; "plans" for those.
std::vector<std::string> differences(const settings& a, const settings& b);

/// Reads the settings; takes over log_level, and says in the log which others wait for the next
/// start. Wrong settings are told and change nothing. `in_force` holds what is in force afterwards.
void reload(settings& in_force, const std::function<settings()>& read_again);

} // namespace convertd
