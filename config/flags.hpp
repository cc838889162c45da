// The settings as flags of a verb. CLI11 is used here and in app/.
#pragma once

#include "config/load.hpp"

#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace convertd {

/// What was given on the command line; filled while CLI11 parses, so it must outlive that.
struct given_flags {
  std::string config;            ///< `--config`
  std::vector<named_text> texts; ///< Key and text of each setting that was given.
};

/// `--config` and one flag for each setting, in groups, with help, default and allowed values.
void add_setting_flags(CLI::App& to, given_flags& into);

/// Only `--config` and `--data`: for verbs that need to find the server and no more.
void add_place_flags(CLI::App& to, given_flags& into);

/// The settings of this process: its environment, the file, and `flags`. Throws config_error.
settings load_settings(const given_flags& flags);

} // namespace convertd
