#include "app/reload.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

namespace convertd {
namespace {

TEST(ReloadTest, DifferencesAreNamedByTheirKeys) {
  settings a;
  settings b;
  EXPECT_TRUE(differences(a, b).empty());
  b.http.port = 1;
  b.limits.frames_max = 2;
  b.plans.front().files_per_batch_max = 7;
  EXPECT_EQ(differences(a, b), (std::vector<std::string>{"http.port", "limits.frames", "plans"}));
}

TEST(ReloadTest, LogLevelIsTakenOverAndNothingElse) {
  settings in_force;
  reload(in_force, [] {
    settings fresh;
    fresh.log_level = "warn";
    fresh.http.port = 1;
    return fresh;
  });
  EXPECT_EQ(in_force.log_level, "warn");
  EXPECT_EQ(in_force.http.port, 8080);
  reload(in_force, [] { return settings{}; });
}

TEST(ReloadTest, WrongSettingsChangeNothing) {
  settings in_force;
  in_force.log_level = "error";
  reload(in_force, []() -> settings { throw std::runtime_error{"wrong"}; });
  EXPECT_EQ(in_force.log_level, "error");
}

} // namespace
} // namespace convertd
