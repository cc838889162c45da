// The text forms of values in flags, environment and file: numbers, sizes, durations, booleans.
#pragma once

#include "job/time.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace convertd {

/// Digits only, no sign; nothing for anything else and for what does not fit into 64 bits.
std::optional<std::uint64_t> parse_count(std::string_view text);

/// Digits and a unit: `64MiB`, `1 GB`, `512KiB`; without a unit bytes. KB, MB, GB and TB are powers
/// of 1000, KiB, MiB, GiB and TiB powers of 1024; upper and lower case are the same.
std::optional<std::uint64_t> parse_size(std::string_view text);

/// Digits and a unit: `500ms`, `30s`, `15min`, `24h`, `30d`. Only 0 may stand without one.
std::optional<milliseconds> parse_duration(std::string_view text);

/// `true` or `false`; also `yes`, `no`, `on`, `off`, `1` and `0`, as environments like to have it.
std::optional<bool> parse_boolean(std::string_view text);

/// The shortest text that reads back to exactly the same value.
std::string size_text(std::uint64_t bytes);
std::string duration_text(milliseconds x);

} // namespace convertd
