#include "job/month.hpp"
#include "job/rate_window.hpp"

#include <gtest/gtest.h>

namespace convertd {
namespace {

using namespace std::chrono_literals;

TEST(RateWindowTest, LetsTheLimitThroughAndThenWaitsForTheNextWindow) {
  rate_window window;
  rate_window::time start{1h};
  for (std::uint64_t left : {2U, 1U, 0U}) {
    auto stands = window.take(3, start + 10s);
    EXPECT_TRUE(stands.allowed);
    EXPECT_EQ(stands.remaining, left);
    EXPECT_EQ(stands.limit, 3U);
    EXPECT_EQ(stands.reset_seconds, 60U);
  }
  auto refused = window.take(3, start + 40s);
  EXPECT_FALSE(refused.allowed);
  EXPECT_EQ(refused.reset_seconds, 30U);
  EXPECT_FALSE(window.take(3, start + 69'999ms).allowed);
  EXPECT_EQ(window.take(3, start + 69'999ms).reset_seconds, 1U);
  EXPECT_TRUE(window.take(3, start + 70s).allowed);
}

TEST(RateWindowTest, ALimitThatShrankHoldsAtOnce) {
  rate_window window;
  for (int i = 0; i < 5; ++i)
    window.take(10, {});
  auto stands = window.take(3, {});
  EXPECT_FALSE(stands.allowed);
  EXPECT_EQ(stands.remaining, 0U);
}

TEST(MonthTest, IsTheCalendarsInUtc) {
  using namespace std::chrono;
  auto at = [](sys_days day) { return time_point_cast<milliseconds>(day); };
  EXPECT_EQ(month_of(at(sys_days{year{2026} / 11 / 30}) + 24h - 1ms), 202611U);
  EXPECT_EQ(month_of(at(sys_days{year{2026} / 12 / 1})), 202612U);
  EXPECT_EQ(to_text(month_number{202701}), "2027-01");
}

} // namespace
} // namespace convertd
