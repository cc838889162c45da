#include "http/admission.hpp"

#include "http/request_refused.hpp"

#include <string>

namespace convertd {

namespace {

void check_rate(exchange& x, const services& with, account_id account, const plan& limits) {
  if (limits.requests_per_minute == 0)
    return;
  auto stands = with.meter.take(account, limits.requests_per_minute, x.notes().begun);
  auto& fields = x.notes().fields;
  fields.emplace_back("RateLimit-Limit", std::to_string(stands.limit));
  fields.emplace_back("RateLimit-Remaining", std::to_string(stands.remaining));
  fields.emplace_back("RateLimit-Reset", std::to_string(stands.reset_seconds));
  if (!stands.allowed)
    throw request_refused{fail(ec::rate_limited), stands.reset_seconds};
}

} // namespace

quota_claim count_request(exchange& x, const services& with, account_id account,
                          const plan& limits) {
  check_rate(x, with, account, limits);
  auto claim = with.meter.claim(account, limits.requests_per_month, month_of(wall_clock()));
  if (!claim)
    throw request_refused{ec::quota_exceeded};
  return std::move(*claim);
}

} // namespace convertd
