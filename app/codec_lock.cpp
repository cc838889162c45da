#include "app/codec_lock.hpp"

#include "app/log.hpp"
#include "app/server_options.hpp"
#include "codec/landlock.hpp"

#include <chrono>
#include <cstdint>
#include <stdexcept>
#include <string_view>

namespace convertd {

namespace {

constexpr std::chrono::seconds time_max{30}; // of 0.1 s, on a machine that does everything at once

std::uint32_t version_for(std::string_view wanted) {
  if (wanted == "files")
    return landlock_files;
  if (wanted == "network")
    return landlock_network;
  return wanted == "all" ? landlock_scopes : 0;
}

} // namespace

codec_lock_test::codec_lock_test(const settings& with, const data_directory& data)
  : required_{with.codec.require_landlock},
    report_{std::async(
      std::launch::async, [options = lock_trial_of(with), folder = data.path().string()] {
        return codec_self_test(options, folder, std::chrono::steady_clock::now() + time_max);
      })} {}

void codec_lock_test::pass() {
  auto report = report_.get();
  for (const auto& act : report.breaches)
    log_error("codec self-test: a codec process could " + act);
  for (const auto& line : missing_walls(report.landlock))
    log_warning(line);
  if (!report.passed())
    throw std::runtime_error(complaint(report));
  if (report.landlock < version_for(required_))
    throw std::runtime_error("codec.require_landlock = \"" + required_
                             + "\": this kernel's Landlock has version "
                             + std::to_string(report.landlock)
                             + ", which covers less. Take a newer "
                               "kernel, or lower the setting.");
  log_info("codec self-test: " + std::to_string(report.acts)
           + " forbidden acts tried, all refused; Landlock version "
           + std::to_string(report.landlock));
}

} // namespace convertd
