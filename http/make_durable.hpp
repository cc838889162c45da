// The last steps of a new job, whichever route makes it.
#pragma once

#include "actors/commands.hpp"
#include "http/exchange.hpp"
#include "http/request_meter.hpp"
#include "http/services.hpp"

namespace convertd {

/// Sources first, then the records that name them. Throws request_refused, or std::system_error of
/// the disk; a refused job leaves nothing behind.
/// `claim` is spent when the job was made, or may have been.
void make_durable(submission what, const services& with, quota_claim* claim = nullptr);

} // namespace convertd
