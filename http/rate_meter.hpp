// Whether the other side of a connection keeps up.
#pragma once

#include <chrono>
#include <cstdint>

namespace convertd {

/// Bytes over time, in windows. Only time that was spent waiting for the other side counts: what we
/// take for ourselves (a slow disk, say) is not held against it.
class rate_meter {
public:
  using duration = std::chrono::steady_clock::duration;

  /// `rate_min`: bytes per second, over each `window` of waiting.
  rate_meter(std::uint64_t rate_min, std::chrono::milliseconds window)
    : rate_min_{rate_min}, window_{window} {}

  void moved(std::uint64_t bytes) {
    bytes_ += bytes;
  }

  /// False when a window ends in which too little was moved.
  bool waited(duration time) {
    waited_ += time;
    if (waited_ < window_)
      return true;
    auto millis = std::chrono::duration_cast<std::chrono::milliseconds>(waited_).count();
    bool enough = bytes_ >= rate_min_ * static_cast<std::uint64_t>(millis) / 1000;
    waited_ = {};
    bytes_ = 0;
    return enough;
  }

private:
  std::uint64_t rate_min_;
  std::chrono::milliseconds window_;
  duration waited_{};
  std::uint64_t bytes_ = 0;
};

} // namespace convertd
