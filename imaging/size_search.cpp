#include "imaging/size_search.hpp"

#include <algorithm>
#include <cmath>

namespace convertd {

namespace {

constexpr double quality_min = 1;
constexpr double quality_max = 99.5; // finer steps than these make nothing better

/// Of the target: aimed at; and near enough, so that another encode is not worth its time.
constexpr double aim = 0.985;
constexpr double enough = 0.96;

/// Steeper or flatter than these a slope is an accident.
constexpr double slope_min = -2.0;
constexpr double slope_max = -0.15;

/// Closer together there is no other size between.
constexpr double gap_min = 0.002;

double factor_of(double quality) {
  return quality < 50 ? 50 / quality : 2 - quality / 50;
}

double quality_of(double factor) {
  return factor > 1 ? 50 / factor : 100 - 50 * factor;
}

const double x_min = std::log(factor_of(quality_max));
const double x_max = std::log(factor_of(quality_min));

} // namespace

size_search::size_search(std::uint64_t target, double start)
  : goal_{std::log(aim * static_cast<double>(target))},
    target_{std::log(static_cast<double>(target))},
    start_{std::clamp(start, quality_min, quality_max)} {}

bool size_search::good_enough() const {
  return under_ && under_->y >= target_ + std::log(enough);
}

double size_search::guess() const {
  if (over_ && under_) {
    auto share = (over_->y - goal_) / (over_->y - under_->y);
    if (std::abs(same_side_) >= 3) // one end does not move: the curve is bent, meet it half way
      share = (share + 0.5) / 2;
    return over_->x + std::clamp(share, 0.02, 0.98) * (under_->x - over_->x);
  }
  const auto& one = over_ ? *over_ : *under_;
  return one.x + (goal_ - one.y) / slope_;
}

std::optional<double> size_search::next() const {
  if (!last_)
    return start_;
  if (encodes_ == encodes_max || good_enough())
    return std::nullopt;
  if ((over_ && over_->x >= x_max) || (under_ && under_->x <= x_min))
    return std::nullopt;
  if (over_ && under_ && under_->x - over_->x < gap_min)
    return std::nullopt;
  auto x = std::clamp(guess(), x_min, x_max);
  if (!under_ && encodes_ == encodes_max - 1)
    x = x_max; // the smallest there is, or the proof that it is not to be had
  return std::clamp(quality_of(std::exp(x)), quality_min, quality_max);
}

void size_search::record(double quality, std::uint64_t size) {
  ++encodes_;
  know(quality, size);
}

void size_search::know(double quality, std::uint64_t size) {
  point now{std::log(factor_of(quality)), std::log(static_cast<double>(size))};
  learn_slope(now);
  if (encodes_ == 0 && now.y <= target_)
    return; // nothing was encoded
  auto& side = now.y > target_ ? over_ : under_;
  auto better = !side || (now.y > target_ ? now.x > side->x : now.y > side->y);
  if (better)
    side = now;
  same_side_ = now.y > target_ ? std::max(same_side_, 0) + 1 : std::min(same_side_, 0) - 1;
  last_ = now;
}

void size_search::learn_slope(point now) {
  if (last_ && std::abs(now.x - last_->x) > gap_min)
    slope_ = std::clamp((now.y - last_->y) / (now.x - last_->x), slope_min, slope_max);
}

} // namespace convertd
