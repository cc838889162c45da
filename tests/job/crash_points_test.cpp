#include "job/crash_points.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <regex>
#include <string>

namespace convertd {
namespace {

/// How often each name is passed to crash_point() in the program's sources.
std::map<std::string, int> points_in_sources() {
  namespace fs = std::filesystem;
  std::map<std::string, int> found;
  const std::regex call{R"re(crash_point\("([^"]+)"\))re"};
  for (const auto* folder :
       {"actors", "app", "codec", "config", "http", "job", "storage", "webhooks"})
    for (const auto& entry : fs::recursive_directory_iterator{fs::path{SOURCE_DIR} / folder}) {
      if (entry.path().extension() != ".cpp")
        continue;
      std::ifstream in{entry.path()};
      std::string text{std::istreambuf_iterator<char>{in}, {}};
      for (std::sregex_iterator i{text.begin(), text.end(), call}, end; i != end; ++i)
        ++found[(*i)[1]];
    }
  return found;
}

TEST(CrashPointsTest, EachOfTheListIsPassedInOnePlace) {
  auto found = points_in_sources();
  for (auto name : all_crash_points)
    EXPECT_EQ(found[std::string{name}], 1) << name;
}

TEST(CrashPointsTest, NoneLacksFromTheList) {
  EXPECT_EQ(points_in_sources().size(), all_crash_points.size());
}

#ifdef CONVERTD_TEST_HOOKS
using CrashPointsDeathTest = testing::Test;

TEST(CrashPointsDeathTest, KillsAtThePassageThatWasAskedFor) {
  auto pass_twice = [] {
    ::setenv("CONVERTD_CRASH_AT", "accept.committed:2", 1);
    crash_point("accept.committed");
    crash_point("publish.committed");
    crash_point("publish.committed");
    crash_point("accept.committed");
  };
  EXPECT_EXIT(pass_twice(), testing::KilledBySignal(SIGKILL), "");
}
#endif

} // namespace
} // namespace convertd
