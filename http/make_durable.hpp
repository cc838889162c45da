// The last steps of a new job, whichever route makes it.
#pragma once

#include "actors/commands.hpp"
#include "http/exchange.hpp"
#include "http/services.hpp"

namespace convertd {

/// Sources first, then the records that name them. Throws request_refused, or std::system_error of
/// the disk; a refused job leaves nothing behind.
void make_durable(submission what, const services& with);

} // namespace convertd
