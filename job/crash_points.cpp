#include "job/crash_points.hpp"

#ifdef CONVERTD_TEST_HOOKS

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <string>

namespace convertd {

namespace {

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : "";
}

struct crash_plan {
  std::string name;
  unsigned long passage = 0;
  std::string log = variable("CONVERTD_CRASH_LOG");

  crash_plan() {
    auto text = variable("CONVERTD_CRASH_AT");
    auto colon = text.find(':');
    name = text.substr(0, colon);
    passage = colon == std::string::npos ? 1 : std::strtoul(text.c_str() + colon + 1, nullptr, 10);
  }
};

} // namespace

void crash_point(crash_place where) {
  static const crash_plan plan;
  static std::array<std::atomic<unsigned long>, all_crash_points.size()> passages{};
  auto name = all_crash_points[where.index];
  auto passage = ++passages[where.index];
  if (passage == 1 && !plan.log.empty())
    std::ofstream{plan.log, std::ios::app} << std::string{name} + "\n";
  if (passage == plan.passage && name == plan.name)
    std::raise(SIGKILL);
}

} // namespace convertd

#endif
