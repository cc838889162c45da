#include "imaging/png_filter.hpp"

#include "imaging/png_filter_kernels.hpp"

#include <algorithm>
#include <array>

namespace convertd {

namespace {

using row = std::vector<std::uint8_t>;

/// `x` and `up` start with `step` zeroes, so that nothing lacks to the left.
png_neighbours neighbours(const row& x, const row& up, std::size_t step) {
  return {x.data() + step, x.data(), up.data() + step, up.data()};
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
    auto around = neighbours(now, up, step);
    auto chosen = filter;
    if (filter == png_filter::least) {
      auto least = UINT64_MAX;
      for (auto each : single) {
        if (auto sum = filter_png_row(each, around, stride, trial.data()); sum < least) {
          least = sum;
          chosen = each;
          std::swap(best, trial);
        }
      }
      std::copy(best.begin(), best.end(), to + 1);
    } else {
      filter_png_row(filter, around, stride, to + 1);
    }
    *to = static_cast<std::uint8_t>(chosen);
    std::swap(now, up);
  }
}

} // namespace convertd
