#include "app/copy_keeper.hpp"

#include "app/log.hpp"

#include <algorithm>
#include <array>
#include <csignal>
#include <spawn.h>
#include <string>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

namespace convertd {

namespace {

using std::chrono::milliseconds;

constexpr milliseconds after_start{
  60'000}; ///< A server that has just started has other things to do.
constexpr milliseconds between_looks{200}; ///< At a copy that is being made.
constexpr int lowest_priority = 19;

/// -1 if it could not be started.
pid_t start_copy(const std::filesystem::path& data) {
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t none;
  sigemptyset(&none);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
  std::array<std::string, 5> words{"convertd", "store", "copy", "--data", data.string()};
  std::array<char*, 6> arguments{};
  std::transform(words.begin(), words.end(), arguments.begin(),
                 [](std::string& word) { return word.data(); });
  pid_t pid = -1;
  auto failed =
    posix_spawn(&pid, "/proc/self/exe", nullptr, &attributes, arguments.data(), environ);
  posix_spawnattr_destroy(&attributes);
  return failed == 0 ? pid : -1;
}

} // namespace

copy_keeper::copy_keeper(std::filesystem::path data, milliseconds interval)
  : data_{std::move(data)}, interval_{interval} {
  if (interval_.count() > 0)
    thread_ = std::thread{[this] { keep(); }};
}

copy_keeper::~copy_keeper() {
  {
    std::lock_guard guard{mutex_};
    stopping_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable())
    thread_.join();
}

bool copy_keeper::wait_for(milliseconds time) {
  std::unique_lock guard{mutex_};
  return changed_.wait_for(guard, time, [this] { return stopping_; });
}

milliseconds copy_keeper::until_due() const {
  using clock = std::filesystem::file_time_type::clock;
  std::error_code none;
  auto made = std::filesystem::last_write_time(data_ / "copy" / "store" / "data.mdb", none);
  if (none)
    return milliseconds{0};
  auto age = std::chrono::duration_cast<milliseconds>(clock::now() - made);
  return std::clamp(interval_ - age, milliseconds{0}, interval_);
}

void copy_keeper::keep() {
  auto next = std::max(until_due(), std::min(after_start, interval_));
  while (!wait_for(next)) {
    make_one();
    next = interval_;
  }
}

void copy_keeper::make_one() {
  auto child = start_copy(data_);
  if (child < 0)
    return log_warning("the copy of the store could not be started");
  ::setpriority(PRIO_PROCESS, static_cast<id_t>(child), lowest_priority);
  int status = 0;
  while (::waitpid(child, &status, WNOHANG) == 0)
    if (wait_for(between_looks)) {
      ::kill(child, SIGKILL);
      ::waitpid(child, &status, 0);
      return;
    }
  if (status != 0)
    log_warning("no copy of the store was made; the last one stays");
}

} // namespace convertd
