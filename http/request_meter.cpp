#include "http/request_meter.hpp"

namespace convertd {

quota_claim::~quota_claim() {
  if (meter_ != nullptr)
    meter_->give_back(account_, month_);
}

rate_standing request_meter::take(account_id account, std::uint64_t per_minute,
                                  rate_window::time now) {
  std::lock_guard lock{mutex_};
  return entries_[account].minute.take(per_minute, now);
}

std::optional<quota_claim> request_meter::claim(account_id account, std::uint64_t per_month,
                                                month_number month) {
  std::lock_guard lock{mutex_};
  auto& of = entry_of(account, month);
  if (per_month > 0 && of.used >= per_month)
    return std::nullopt;
  ++of.used;
  return quota_claim{*this, account, month};
}

std::uint64_t request_meter::used(account_id account, month_number month) {
  std::lock_guard lock{mutex_};
  return entry_of(account, month).used;
}

/// Read from the store once a month; from then on this is ahead of the store, never behind.
request_meter::entry& request_meter::entry_of(account_id account, month_number month) {
  auto& found = entries_[account];
  if (found.month != month) {
    found.used = read_view{*records_}.requests(account, month);
    found.month = month;
  }
  return found;
}

void request_meter::give_back(account_id account, month_number month) {
  std::lock_guard lock{mutex_};
  auto found = entries_.find(account);
  if (found != entries_.end() && found->second.month == month && found->second.used > 0)
    --found->second.used;
}

} // namespace convertd
