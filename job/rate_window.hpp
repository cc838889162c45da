// Requests a minute: a window that starts with the first request and counts until it is over.
#pragma once

#include <chrono>
#include <cstdint>

namespace convertd {

/// Where an account stands after a request, as the fields RateLimit-* say it.
struct rate_standing {
  bool allowed = true;
  std::uint64_t limit = 0;
  std::uint64_t remaining = 0;
  unsigned reset_seconds = 0; ///< Until the window is over; at least 1.
};

/// Of one account. Never lets more than `limit` requests through in one window.
class rate_window {
public:
  using time = std::chrono::steady_clock::time_point;
  static constexpr std::chrono::seconds length{60};

  /// Counts a request, unless it is one too many.
  rate_standing take(std::uint64_t limit, time now) {
    if (used_ == 0 || now - begun_ >= length) {
      begun_ = now;
      used_ = 0;
    }
    rate_standing x;
    x.limit = limit;
    x.allowed = used_ < limit;
    if (x.allowed)
      ++used_;
    x.remaining = limit - (used_ < limit ? used_ : limit);
    auto left = std::chrono::ceil<std::chrono::seconds>(length - (now - begun_)).count();
    x.reset_seconds = left < 1 ? 1 : static_cast<unsigned>(left);
    return x;
  }

private:
  time begun_{};
  std::uint64_t used_ = 0;
};

} // namespace convertd
