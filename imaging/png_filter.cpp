#include "imaging/png_filter.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <numeric>

namespace convertd {

namespace {

using row = std::vector<std::uint8_t>;

std::uint8_t paeth(int left, int up, int corner) {
  auto guess = left + up - corner;
  auto a = std::abs(guess - left), b = std::abs(guess - up), c = std::abs(guess - corner);
  return static_cast<std::uint8_t>(a <= b && a <= c ? left : b <= c ? up : corner);
}

/// `x` and `up` start with `step` zeroes, so that nothing lacks to the left.
void filter_row(png_filter filter, const row& x, const row& up, std::size_t step,
                std::uint8_t* out) {
  auto size = x.size() - step;
  const auto* now = x.data() + step;
  const auto* left = x.data();
  const auto* above = up.data() + step;
  const auto* corner = up.data();
  auto write = [&](auto guess) {
    for (std::size_t i = 0; i < size; ++i)
      out[i] = static_cast<std::uint8_t>(now[i] - guess(i));
  };
  switch (filter) {
    case png_filter::sub: return write([&](auto i) { return left[i]; });
    case png_filter::up: return write([&](auto i) { return above[i]; });
    case png_filter::average: return write([&](auto i) { return (left[i] + above[i]) / 2; });
    case png_filter::paeth:
      return write([&](auto i) { return paeth(left[i], above[i], corner[i]); });
    default: return write([](auto) { return 0; });
  }
}

/// As signed numbers, without their signs.
std::uint64_t sum_of(const std::uint8_t* x, std::size_t size) {
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < size; ++i)
    sum += x[i] < 128 ? x[i] : 256u - x[i];
  return sum;
}

constexpr std::array single{png_filter::none, png_filter::sub, png_filter::up, png_filter::average,
                            png_filter::paeth};

} // namespace

std::vector<png_filter> filters_for(const png_picture& x) {
  constexpr std::size_t large = 64'000'000;
  if (x.colour == png_colour::palette || x.depth < 8)
    return {png_filter::none, png_filter::least};
  if (x.rows.size() > large)
    return {png_filter::least};
  return {png_filter::none, png_filter::sub, png_filter::up, png_filter::paeth, png_filter::least};
}

void filter_png_rows(const png_picture& x, png_filter filter, std::vector<std::uint8_t>& out) {
  auto step = std::max<std::size_t>(1, x.pixel_bits() / 8);
  auto stride = x.stride();
  row now(step + stride), up(step + stride);
  row best(stride), trial(stride);
  out.resize((stride + 1) * x.height);
  for (std::size_t y = 0; y < x.height; ++y) {
    std::copy_n(x.rows.data() + y * stride, stride, now.data() + step);
    auto* to = out.data() + y * (stride + 1);
    auto chosen = filter;
    if (filter == png_filter::least) {
      auto least = UINT64_MAX;
      for (auto each : single) {
        filter_row(each, now, up, step, trial.data());
        if (auto sum = sum_of(trial.data(), stride); sum < least) {
          least = sum;
          chosen = each;
          std::swap(best, trial);
        }
      }
      std::copy(best.begin(), best.end(), to + 1);
    } else {
      filter_row(filter, now, up, step, to + 1);
    }
    *to = static_cast<std::uint8_t>(chosen);
    std::swap(now, up);
  }
}

} // namespace convertd
