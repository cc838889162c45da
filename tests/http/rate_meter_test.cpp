#include "http/rate_meter.hpp"

#include <gtest/gtest.h>

namespace convertd {

using std::chrono::milliseconds;

TEST(RateMeter, JudgesAtTheEndOfEachWindow) {
  rate_meter meter{1000, milliseconds{500}};
  meter.moved(499);
  EXPECT_TRUE(meter.waited(milliseconds{499}));
  EXPECT_FALSE(meter.waited(milliseconds{1}));
}

TEST(RateMeter, ForgetsEarlierWindows) {
  rate_meter meter{1000, milliseconds{500}};
  meter.moved(1'000'000);
  EXPECT_TRUE(meter.waited(milliseconds{500}));
  EXPECT_FALSE(meter.waited(milliseconds{500}));
}

TEST(RateMeter, CountsOnlyWaiting) {
  rate_meter meter{1000, milliseconds{500}};
  for (int i = 0; i < 1000; ++i) {
    meter.moved(1);
    EXPECT_TRUE(meter.waited(milliseconds{0}));
  }
}

} // namespace convertd
