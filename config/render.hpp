// The settings written out: as a file that reads back, and as the page docs/configuration.md.
#pragma once

#include "config/settings.hpp"

#include <string>

namespace convertd {

/// A complete TOML file: every setting with its help above it. Reading it gives `x` again.
std::string render_toml(const settings& x);

/// The text of docs/configuration.md, with the defaults.
std::string render_docs();

/// The man page convertd.toml(5).
std::string render_toml_man();

} // namespace convertd
