#include "config/settings.hpp"

namespace convertd {

namespace {

constexpr std::uint64_t mb = 1'000'000;
constexpr std::uint64_t gb = 1000 * mb;

} // namespace

settings::settings() : plans{built_in_plans()} {}

std::vector<plan> built_in_plans() {
  // name, files of a batch, bytes of a file, bytes stored, jobs, requests a minute, a month
  return {
    {"free", 5, 50 * mb, 1 * gb, 2, 0, 0},
    {"starter", 25, 500 * mb, 10 * gb, 5, 0, 0},
    {"pro", 100, 1 * gb, 50 * gb, 10, 0, 0},
    {"business", 1'000, 2 * gb, 500 * gb, 50, 0, 0},
    {"enterprise", 100'000, 10 * gb, 50'000 * gb, 200, 0, 0},
  };
}

std::vector<plan> all_plans(const settings& in) {
  auto result = in.plans;
  result.emplace_back();
  return result;
}

const plan* find_plan(const settings& in, std::string_view name) {
  static const plan unlimited;
  if (name == unlimited.name)
    return &unlimited;
  for (const auto& x : in.plans)
    if (x.name == name)
      return &x;
  return nullptr;
}

} // namespace convertd
