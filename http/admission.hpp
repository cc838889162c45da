// Whether a request that converts or compresses may: the plan's rate and quota.
#pragma once

#include "http/exchange.hpp"
#include "http/request_meter.hpp"
#include "http/services.hpp"

namespace convertd {

/// Counts the request in its account's minute and month; once, however often it is served. Call it
/// when it is known that the request is no replay of one that was counted: replays are free. Throws
/// request_refused: rate_limited, quota_exceeded. The answer gets the fields RateLimit-*, whatever
/// it is. The claim has to be spent when the request was done: a refused one counts in no quota.
quota_claim count_request(exchange& x, const services& with, account_id account,
                          const plan& limits);

} // namespace convertd
