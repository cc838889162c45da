// How one attempt at a file changes its record; the rule is the same for jobs and requests.
#pragma once

#include "actors/messages.hpp"

namespace convertd {

/// The file's record after an attempt that ended like this. It has ended, or is pending again;
/// `postponed` changes nothing.
void end_attempt(file_record& file, const file_outcome& outcome);

} // namespace convertd
