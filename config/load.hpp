// From flags, environment and file to settings: flag before environment before file before default.
#pragma once

#include "config/settings.hpp"

#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace convertd {

/// Everything that is wrong, one sentence a line, each with the key, the value and where it is
/// from.
class config_error : public std::runtime_error {
public:
  using std::runtime_error::runtime_error;
};

/// A setting's key (`limits.time`) or a variable's name, and its text.
using named_text = std::pair<std::string, std::string>;

struct config_sources {
  std::vector<named_text> flags;       ///< Key and text.
  std::vector<named_text> environment; ///< All variables; those without CONVERTD_ do not count.
  std::optional<std::filesystem::path> file;
};

/// Where the file is: `flag`, else CONVERTD_CONFIG, else /etc/convertd/convertd.toml if there is
/// one.
std::optional<std::filesystem::path> config_file(const std::string& flag,
                                                 const std::vector<named_text>& environment);

/// The variables of this process.
std::vector<named_text> process_environment();

/// Throws config_error.
settings load_settings(const config_sources& from);

} // namespace convertd
