// Where the time of one conversion went, as the codec process measured it.
#pragma once

#include <chrono>

namespace convertd {

struct stage_times {
  std::chrono::microseconds decode{};    ///< From bytes to pixels.
  std::chrono::microseconds transform{}; ///< Resize, orient, crop, colours.
  std::chrono::microseconds encode{};    ///< From pixels to bytes.
  std::chrono::microseconds compress{};  ///< Compressing as a whole, which has no such stages.

  std::chrono::microseconds sum() const {
    return decode + transform + encode + compress;
  }
  friend bool operator==(const stage_times&, const stage_times&) = default;
};

/// Adds the time until it is destroyed to one of them.
class stage_timer {
public:
  explicit stage_timer(std::chrono::microseconds& to) : to_{&to} {}
  ~stage_timer() {
    using namespace std::chrono;
    *to_ += duration_cast<microseconds>(steady_clock::now() - begun_);
  }
  stage_timer(const stage_timer&) = delete;
  stage_timer& operator=(const stage_timer&) = delete;

private:
  std::chrono::microseconds* to_;
  std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now();
};

/// What `step` gives; its time is added to `to`.
template <class Step>
auto timed(std::chrono::microseconds& to, Step step) {
  stage_timer timer{to};
  return step();
}

} // namespace convertd
