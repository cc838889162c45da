// The steps of load_settings(), for config/ alone.
#pragma once

#include "config/table.hpp"

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace convertd {

/// Collected over all sources, so that one start shows everything that is wrong.
using complaints = std::vector<std::string>;

/// Sets one setting from `text`, or says what is wrong. `origin` ends the sentence: "in
/// /etc/convertd/convertd.toml, line 3", "in the environment variable CONVERTD_DATA".
void apply_text(settings& to, const setting_row& what, std::string_view text,
                const std::string& origin, complaints& wrong);

/// Reads the file's text over `to`; `name` is what the complaints call it.
void apply_toml(settings& to, std::string_view text, const std::string& name, complaints& wrong);

const setting_row* find_setting(std::string_view key);

/// The end of a sentence about an unknown word: "; did you mean X?" or a full stop.
std::string suggestion(std::string_view word, const std::vector<std::string>& words);

} // namespace convertd
