#include "app/codec_program.hpp"

#include "config/load.hpp"
#include "config/values.hpp"

#include <algorithm>
#include <filesystem>
#include <limits>
#include <pwd.h>
#include <sched.h>
#include <thread>
#include <unistd.h>

namespace convertd {

namespace {

constexpr auto installed_in = "/usr/lib/convertd/";

bool can_run(const std::string& path) {
  return access(path.c_str(), X_OK) == 0 && std::filesystem::is_regular_file(path);
}

/// Beside this program, or where the package has it.
std::string program_of_ours(const std::string& name, const std::string& advice) {
  std::error_code failed;
  auto here = std::filesystem::read_symlink("/proc/self/exe", failed);
  auto beside = (here.parent_path() / name).string();
  if (!failed && can_run(beside))
    return beside;
  auto installed = installed_in + name;
  if (can_run(installed))
    return installed;
  throw config_error{"The program " + name + " is neither " + beside + " nor " + installed
                     + advice};
}

/// By number, also one that has no name; its group is then the same number.
user_ids user_by_number(std::uint64_t number, const std::string& text) {
  if (number == 0 || number >= std::numeric_limits<std::uint32_t>::max())
    throw config_error{"codec.user = \"" + text + "\": must be a user other than root."};
  auto uid = static_cast<std::uint32_t>(number);
  const auto* entry = getpwuid(uid);
  return {uid, entry != nullptr ? entry->pw_gid : uid};
}

} // namespace

std::string codec_program(const settings& from) {
  if (!from.codec.program.empty()) {
    if (!can_run(from.codec.program))
      throw config_error{"codec.program = \"" + from.codec.program
                         + "\": there is no program that can be run."};
    return from.codec.program;
  }
  return program_of_ours("convertd-codec", "; set codec.program.");
}

std::string codec_trial_program() {
  return program_of_ours("convertd-codec-trial", ".");
}

user_ids codec_user(const settings& from) {
  if (geteuid() != 0)
    return {};
  auto name = from.codec.user.empty() ? std::string{"nobody"} : from.codec.user;
  if (auto number = parse_count(name))
    return user_by_number(*number, name);
  const auto* entry = getpwnam(name.c_str());
  if (entry == nullptr)
    throw config_error{"codec.user = \"" + name + "\": there is no such user."};
  if (entry->pw_uid == 0)
    throw config_error{"codec.user = \"" + name + "\": must be a user other than root."};
  return {entry->pw_uid, entry->pw_gid};
}

std::uint32_t codec_processes(const settings& from) {
  if (from.codec.processes != 0)
    return from.codec.processes;
  cpu_set_t allowed;
  if (sched_getaffinity(0, sizeof allowed, &allowed) == 0)
    return static_cast<std::uint32_t>(std::max(1, CPU_COUNT(&allowed)));
  return std::max(1u, std::thread::hardware_concurrency());
}

std::uint64_t codec_memory_total(const settings& from) {
  if (from.codec.memory_total != 0)
    return from.codec.memory_total;
  auto pages = static_cast<std::uint64_t>(std::max(0l, sysconf(_SC_PHYS_PAGES)));
  auto page = static_cast<std::uint64_t>(std::max(0l, sysconf(_SC_PAGESIZE)));
  return pages * page / 2;
}

} // namespace convertd
