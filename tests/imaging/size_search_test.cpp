#include "imaging/size_search.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>

namespace convertd {
namespace {

using curve = std::function<double(double)>; ///< From quality to bytes.

struct found {
  double best = 0; ///< The largest size that fits.
  double least = 1e18;
  int encodes = 0;
};

found search(double target, const curve& size, std::optional<double> known = {}) {
  size_search steps{static_cast<std::uint64_t>(target), 70};
  if (known)
    steps.know(*known, static_cast<std::uint64_t>(size(*known)));
  found out;
  while (auto quality = steps.next()) {
    EXPECT_GE(*quality, 1);
    EXPECT_LE(*quality, 100);
    auto now = std::floor(size(*quality));
    steps.record(*quality, static_cast<std::uint64_t>(now));
    out.least = std::min(out.least, now);
    if (now <= target)
      out.best = std::max(out.best, now);
    ++out.encodes;
  }
  return out;
}

double factor(double quality) {
  return quality < 50 ? 50 / quality : 2 - quality / 50;
}

/// As photos are: a power of the factor, above what the heads take.
double photo(double quality) {
  return 2'000 + 400'000 * std::pow(factor(quality), -0.65);
}

/// Flat at both ends.
double crooked(double quality) {
  auto x = std::log(factor(quality));
  return 300'000 / (1 + std::exp(1.5 * x)) + 5'000;
}

TEST(SizeSearchTest, ComesCloseWithinFewEncodes) {
  for (const auto& size : {curve{photo}, curve{crooked}})
    for (double target = 40'000; target < 280'000; target *= 1.3) {
      auto got = search(target, size);
      EXPECT_GT(got.best, 0.9 * target) << target;
      EXPECT_LE(got.encodes, size_search::encodes_max) << target;
    }
}

TEST(SizeSearchTest, AKnownSizeSavesEncodes) {
  auto blind = 0, knowing = 0;
  for (double target = 40'000; target < 400'000; target *= 1.3) {
    blind += search(target, photo).encodes;
    knowing += search(target, photo, 90).encodes;
  }
  EXPECT_LT(knowing, blind);
}

TEST(SizeSearchTest, MetadataIsNoPartOfTheCurve) {
  auto said = [](double quality) { return photo(quality) + 500'000; };
  size_search steps{600'000, 70, 500'000};
  std::uint64_t last = 0;
  while (auto quality = steps.next()) {
    last = static_cast<std::uint64_t>(said(*quality));
    steps.record(*quality, last);
  }
  EXPECT_LE(steps.encodes(), 3);
  EXPECT_LE(last, 600'000u);
  EXPECT_GT(last, 570'000u);
}

TEST(SizeSearchTest, FindsTheSmallestWhenTheTargetIsOutOfReach) {
  auto got = search(1'000, photo);
  EXPECT_EQ(got.best, 0);
  EXPECT_EQ(got.least, std::floor(photo(1)));
}

TEST(SizeSearchTest, ReachesWhatTheCoarsestStepsReach) {
  EXPECT_EQ(search(std::floor(photo(1)), photo).best, std::floor(photo(1)));
}

TEST(SizeSearchTest, StopsAtOnceWhenTheFinestFits) {
  auto got = search(1e9, photo);
  EXPECT_LE(got.encodes, 3);
  EXPECT_GT(got.best, photo(99));
}

TEST(SizeSearchTest, ALeapInTheCurveDoesNotHoldItUp) {
  auto leap = [](double quality) { return quality < 42 ? 10'000.0 : 90'000.0; };
  auto got = search(50'000, leap);
  EXPECT_EQ(got.best, 10'000);
  EXPECT_LE(got.encodes, size_search::encodes_max);
}

} // namespace
} // namespace convertd
