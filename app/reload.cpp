#include "app/reload.hpp"

#include "app/log.hpp"
#include "config/load.hpp"
#include "config/table.hpp"

#include <algorithm>
#include <exception>

namespace convertd {

namespace {

bool same_plans(const settings& a, const settings& b) {
  auto same = [](const plan& x, const plan& y) {
    for (const auto& column : plan_columns())
      if (x.*column.member != y.*column.member)
        return false;
    return x.name == y.name;
  };
  return std::equal(a.plans.begin(), a.plans.end(), b.plans.begin(), b.plans.end(), same);
}

} // namespace

std::vector<std::string> differences(const settings& a, const settings& b) {
  std::vector<std::string> keys;
  for (const auto& row : all_settings())
    if (row.get(a) != row.get(b))
      keys.push_back(row.key());
  if (!same_plans(a, b))
    keys.emplace_back("plans");
  return keys;
}

void reload(settings& in_force, const std::function<settings()>& read_again) {
  settings fresh;
  try {
    fresh = read_again();
  } catch (const std::exception& wrong) {
    log_error(std::string{"reload: nothing was changed, the configuration is wrong: "}
              + wrong.what());
    return;
  }
  std::string waiting;
  for (const auto& key : differences(in_force, fresh))
    if (key != "log_level")
      waiting += (waiting.empty() ? "" : ", ") + key;
  in_force.log_level = fresh.log_level;
  set_log_level(fresh.log_level);
  log_info("reloaded: log_level is " + fresh.log_level);
  if (!waiting.empty())
    log_warning("reloaded: these wait for the next start: " + waiting);
}

} // namespace convertd
