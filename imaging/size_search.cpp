#include "imaging/size_search.hpp"

#include <algorithm>
#include <cmath>

namespace convertd {

namespace {

constexpr double quality_min = 1;
constexpr double quality_max = 99.5; // finer steps than these make nothing better

/// Of the target: aimed at; and near enough, so that another encode is not worth its time. After a
/// few one is content with less.
constexpr double aim = 0.985;
constexpr double enough = 0.96;
constexpr double enough_late = 0.94;
constexpr int late = 5;

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

/// Metadata alone may be more than the target.
double log_of(double size) {
  return std::log(std::max(size, 1.0));
}

const double x_min = std::log(factor_of(quality_max));
const double x_max = std::log(factor_of(quality_min));

} // namespace

size_search::size_search(std::uint64_t target, double start, std::uint64_t fixed)
  : fixed_{static_cast<double>(fixed)},
    goal_{log_of(aim * static_cast<double>(target) - fixed_)},
    target_{log_of(static_cast<double>(target) - fixed_)},
    start_{std::clamp(start, quality_min, quality_max)} {}

size_search::point size_search::at(double quality, std::uint64_t size) const {
  return {std::log(factor_of(quality)), log_of(static_cast<double>(size) - fixed_)};
}

bool size_search::good_enough() const {
  auto share = encodes_ < late ? enough : enough_late;
  auto whole = [&](double y) { return std::exp(y) + fixed_; };
  return under_ && whole(under_->y) >= share * whole(target_);
}

double size_search::guess() const {
  if (over_ && under_) {
    auto share = (over_->y - goal_) / (over_->y - under_->y);
    if (std::abs(same_side_) >= 2) // one end does not move: the curve is bent, meet it half way
      share = (share + 0.5) / 2;
    return over_->x + std::clamp(share, 0.02, 0.98) * (under_->x - over_->x);
  }
  const auto& one = over_ ? *over_ : *under_;
  return one.x + (goal_ - one.y) / slope_;
}

std::optional<double> size_search::next() const {
  if (!last_ && !over_)
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

void size_search::know(double quality, std::uint64_t size) {
  auto now = at(quality, size);
  if (now.y > target_)
    over_ = now; // no slope from here: near the source's own steps the curve is flat
}

void size_search::record(double quality, std::uint64_t size) {
  ++encodes_;
  auto now = at(quality, size);
  learn_slope(now);
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
