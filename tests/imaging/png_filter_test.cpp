// PNG's filters against plain ones, on every kind of processor that this machine can stand in for.
#include "imaging/png_filter_kernels.hpp"
#include "tests/imaging/every_target.hpp"

#include <cstdlib>
#include <random>
#include <vector>

namespace convertd {
namespace {

using row = std::vector<std::uint8_t>;

row noise(std::size_t size, unsigned seed) {
  std::mt19937 random{seed};
  row out(size);
  for (auto& x : out) // extremes are frequent: there lie the overflows
    x = static_cast<std::uint8_t>(random() % 3 == 0 ? random() : random() % 2 == 0 ? 255 : 0);
  return out;
}

/// As the specification of PNG says it.
std::uint8_t guess(png_filter how, int left, int above, int corner) {
  auto p = left + above - corner;
  auto a = std::abs(p - left), b = std::abs(p - above), c = std::abs(p - corner);
  auto paeth = a <= b && a <= c ? left : b <= c ? above : corner;
  const int guesses[] = {0, left, above, (left + above) / 2, paeth};
  return static_cast<std::uint8_t>(guesses[static_cast<int>(how)]);
}

constexpr png_filter filters[] = {png_filter::none, png_filter::sub, png_filter::up,
                                  png_filter::average, png_filter::paeth};

void compare(std::size_t size, unsigned seed) {
  auto now = noise(size, seed), left = noise(size, seed + 1);
  auto above = noise(size, seed + 2), corner = noise(size, seed + 3);
  for (auto how : filters) {
    row expected(size), found(size + 1, 99);
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < size; ++i) {
      expected[i] = static_cast<std::uint8_t>(now[i] - guess(how, left[i], above[i], corner[i]));
      sum += static_cast<std::uint64_t>(std::abs(static_cast<std::int8_t>(expected[i])));
    }
    png_neighbours x{now.data(), left.data(), above.data(), corner.data()};
    EXPECT_EQ(filter_png_row(how, x, size, found.data()), sum);
    EXPECT_EQ(found.back(), 99) << "beyond the end";
    found.pop_back();
    EXPECT_EQ(found, expected) << static_cast<int>(how) << " of " << size;
  }
}

TEST(PngFilterTest, KernelsDoExactlyWhatPlainLoopsDo) {
  on_every_target([] {
    for (std::size_t size : {0u, 1u, 15u, 16u, 63u, 64u, 65u, 1000u, 4096u})
      compare(size, static_cast<unsigned>(size));
  });
}

} // namespace
} // namespace convertd
