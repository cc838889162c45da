// The one table of settings. Flag, environment variable, line of the file, help and validation all
// come from a row of it, so that none of them can say something else than the others.
#pragma once

#include "config/settings.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>

namespace convertd {

enum class value_kind : std::uint8_t { text, path, choice, count, size, duration, boolean };

/// How a member is written and read: text as it is; counts, bytes, milliseconds and 0/1 as a
/// number.
using raw_value = std::variant<std::string, std::uint64_t>;

/// What a value may be. `min` and `max` are in bytes for sizes, in milliseconds for durations.
struct value_rule {
  value_kind kind = value_kind::text;
  std::uint64_t min = 0;
  std::uint64_t max = 0;
  std::string_view choices; ///< The words of a choice, with spaces between them.
  /// For text: what is wrong with it, as the end of a sentence; empty = nothing.
  std::string_view (*complaint)(const std::string& text) = nullptr;
};

struct setting_row {
  std::string_view group; ///< Table of the file; empty for those at its top.
  std::string_view name;
  value_rule rule;
  void (*set)(settings& in, const raw_value& value);
  raw_value (*get)(const settings& in);
  std::string_view help;

  std::string key() const;      ///< limits.output_side
  std::string flag() const;     ///< --limits-output-side
  std::string variable() const; ///< CONVERTD_LIMITS_OUTPUT_SIDE
};

/// A column of the table of plans: a line under `[plans.NAME]`.
struct plan_column {
  std::string_view name;
  value_rule rule;
  std::uint64_t plan::*member;
  std::string_view help;
};

/// A table of the file, with what it is about.
struct setting_group {
  std::string_view name;
  std::string_view help;
};

std::span<const setting_group> all_groups(); ///< The first is the top, with no name.
std::span<const setting_row> all_settings(); ///< In the order of their groups.
std::span<const plan_column> plan_columns();

/// The value that `text` stands for, or what is wrong with it, as the end of a sentence that starts
/// with the key: "must be between 1s and 10min".
std::variant<raw_value, std::string> read_value(const value_rule& rule, std::string_view text);

/// The text that reads back as `value`.
std::string value_text(const value_rule& rule, const raw_value& value);

/// The allowed values in a few words: "1s to 10min", "trace, debug, info".
std::string allowed_text(const value_rule& rule);

/// What is wrong between settings that are each right; nothing if they go together.
std::optional<std::string> contradiction(const settings& x);

} // namespace convertd
