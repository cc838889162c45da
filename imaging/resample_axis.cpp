#include "imaging/resample_axis.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace convertd {

namespace {

constexpr double lobes = 3;
constexpr double one = 1 << weight_bits;

double lanczos(double x) {
  auto t = std::numbers::pi * std::abs(x);
  if (t < 1e-9)
    return 1;
  return t >= lobes * std::numbers::pi ? 0 : lobes * std::sin(t) * std::sin(t / lobes) / (t * t);
}

/// The weights of one sample of the result.
struct window {
  std::uint32_t first = 0;
  std::vector<std::int16_t> weights;
};

/// Rounded in such a way that their sum is exact and errors do not add up.
void round_weights(const std::vector<double>& exact, window& to) {
  double sum = 0, so_far = 0;
  for (auto x : exact)
    sum += x;
  long given = 0;
  to.weights.clear();
  for (auto x : exact) {
    so_far += x;
    auto due = std::lround(so_far / sum * one);
    to.weights.push_back(static_cast<std::int16_t>(due - given));
    given = due;
  }
}

void trim(window& x) {
  auto used = [](std::int16_t w) { return w != 0; };
  auto begin = std::ranges::find_if(x.weights, used);
  x.first += static_cast<std::uint32_t>(begin - x.weights.begin());
  x.weights.erase(x.weights.begin(), begin);
  while (x.weights.back() == 0)
    x.weights.pop_back();
}

/// What lies outside of the source has no say.
window window_at(const axis_plan& x, double centre, std::vector<double>& exact) {
  auto stretch = std::max(1.0, std::abs(x.step));
  auto last = static_cast<double>(x.from) - 1;
  auto begin = std::clamp(std::ceil(centre - lobes * stretch), 0.0, last);
  auto end = std::clamp(std::floor(centre + lobes * stretch), 0.0, last);
  window out;
  out.first = static_cast<std::uint32_t>(begin);
  exact.clear();
  for (auto at = begin; at <= end; ++at)
    exact.push_back(lanczos((at - centre) / stretch));
  if (exact.size() == 1)
    exact[0] = 1;
  round_weights(exact, out);
  trim(out);
  return out;
}

/// Not so where the only sample that there is is taken several times.
bool follow_each_other(const resample_axis& x) {
  for (std::uint32_t i = 0; i < x.to; ++i)
    if (x.first[i] != (x.backwards ? x.first[0] - i : x.first[0] + i))
      return false;
  return true;
}

} // namespace

axis_plan whole_axis(std::uint32_t from, std::uint32_t to) {
  return {.from = from, .to = to, .step = static_cast<double>(from) / to, .start = 0};
}

resample_axis lanczos_axis(const axis_plan& x) {
  std::vector<window> windows;
  std::vector<double> exact;
  std::size_t taps = 1;
  for (std::uint32_t i = 0; i < x.to; ++i) {
    windows.push_back(window_at(x, x.start + (i + 0.5) * x.step - 0.5, exact));
    taps = std::max(taps, windows.back().weights.size());
  }
  resample_axis out{.from = x.from,
                    .to = x.to,
                    .taps = static_cast<std::uint32_t>(taps),
                    .stride = (taps + weight_group - 1) / weight_group * weight_group,
                    .backwards = x.step < 0,
                    .first = std::vector<std::uint32_t>(x.to),
                    .weights = {}};
  out.weights.resize(out.stride * x.to);
  for (std::size_t i = 0; i < windows.size(); ++i) {
    const auto& w = windows[i];
    out.first[i] = std::min(w.first, x.from - out.taps);
    auto at = i * out.stride + (w.first - out.first[i]);
    std::ranges::copy(w.weights, out.weights.begin() + static_cast<std::ptrdiff_t>(at));
  }
  out.copies = taps == 1 && follow_each_other(out);
  return out;
}

} // namespace convertd
