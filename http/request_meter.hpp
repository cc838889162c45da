// What accounts have used of their plans: requests of this minute, requests of this month.
//
// The month's count is in the store: a job's request is counted in its commit, others soon after
// they were answered (commands::count_request). What is on its way there is known here, so that
// requests at the same time do not go beyond the quota together. A request that is refused gives
// its place back.
#pragma once

#include "job/account.hpp"
#include "job/ids.hpp"
#include "job/month.hpp"
#include "job/rate_window.hpp"
#include "storage/store.hpp"

#include <cstdint>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <utility>

namespace convertd {

class request_meter;

/// A place in the month's quota. Given back when it ends unless it was spent. Moves only.
class quota_claim {
public:
  quota_claim() = default; ///< Of nothing.
  quota_claim(request_meter& of, account_id account, month_number month)
    : meter_{&of}, account_{account}, month_{month} {}
  quota_claim(quota_claim&& other) noexcept
    : meter_{std::exchange(other.meter_, nullptr)},
      account_{other.account_},
      month_{other.month_} {}
  quota_claim& operator=(quota_claim&& other) noexcept {
    std::swap(meter_, other.meter_);
    std::swap(account_, other.account_);
    std::swap(month_, other.month_);
    return *this;
  }
  ~quota_claim();

  /// The request was done, or may have been: it counts.
  void spend() {
    meter_ = nullptr;
  }
  month_number month() const {
    return month_;
  }

private:
  request_meter* meter_ = nullptr;
  account_id account_ = 0;
  month_number month_ = 0;
};

/// Called by any thread.
class request_meter {
public:
  explicit request_meter(const store& records) : records_{&records} {}

  /// Counts a request in the account's minute.
  rate_standing take(account_id account, std::uint64_t per_minute, rate_window::time now);

  /// A place in the account's month; nothing if `per_month` are taken. 0 = no limit.
  std::optional<quota_claim> claim(account_id account, std::uint64_t per_month, month_number month);

  /// Requests of the month, those that are being served included.
  std::uint64_t used(account_id account, month_number month);

private:
  friend class quota_claim;
  struct entry {
    rate_window minute;
    month_number month = 0; ///< 0 = the count was not read from the store yet.
    std::uint64_t used = 0;
  };

  entry& entry_of(account_id account, month_number month);
  void give_back(account_id account, month_number month);

  const store* records_;
  std::mutex mutex_;
  std::unordered_map<account_id, entry> entries_; ///< Accounts of this server: they are few.
};

} // namespace convertd
