// Calendar months, in UTC: what monthly quotas count by.
#pragma once

#include "job/time.hpp"

#include <cstdint>
#include <string>

namespace convertd {

/// Year × 100 + month: 202611.
using month_number = std::uint32_t;

month_number month_of(timestamp t);

/// "2026-11"
std::string to_text(month_number month);

} // namespace convertd
