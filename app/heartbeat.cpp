#include "app/heartbeat.hpp"

#include <algorithm>
#include <utility>

namespace convertd {

namespace {

using namespace std::chrono_literals;

constexpr std::chrono::milliseconds beat_every_max = 10s;
/// That a start or a stop may take beyond the last time that we said it goes on.
constexpr std::chrono::milliseconds patience = 30s;
constexpr auto start_time_max = 1h; ///< Then we ask for no more.
/// Of a watchdog's time: for a check, and between two of them. One may fail and no harm is done.
constexpr int beats_per_watchdog = 4;

std::string microseconds_of(std::chrono::milliseconds x) {
  return std::to_string(std::chrono::microseconds{x}.count());
}

} // namespace

heartbeat::heartbeat(const service_manager& manager) : manager_{&manager} {
  if (manager.listens())
    thread_ = std::thread{[this] { run(); }};
}

heartbeat::~heartbeat() {
  end();
}

void heartbeat::end() {
  {
    std::lock_guard lock{mutex_};
    phase_ = phase::ended;
  }
  changed_.notify_all();
  if (thread_.joinable())
    thread_.join();
}

void heartbeat::ready(pulse of) {
  manager_->tell("READY=1\nSTATUS=" + of.status());
  std::lock_guard lock{mutex_};
  pulse_ = std::move(of);
  phase_ = phase::running;
  changed_.notify_all();
}

void heartbeat::stopping(std::chrono::milliseconds at_most) {
  std::unique_lock lock{mutex_};
  phase_ = phase::stopping;
  stops_by_ = std::chrono::steady_clock::now() + at_most + patience;
  manager_->tell("STOPPING=1\nSTATUS=Stopping: what is running may end"
                 "\nWATCHDOG=1\nEXTEND_TIMEOUT_USEC="
                 + microseconds_of(patience));
  changed_.notify_all();
  changed_.wait(lock, [this] { return !beating_; });
}

std::chrono::milliseconds heartbeat::every() const {
  auto watchdog = std::chrono::duration_cast<std::chrono::milliseconds>(manager_->watchdog_time());
  auto share = watchdog / beats_per_watchdog;
  return watchdog.count() == 0 ? beat_every_max : std::clamp(share, 1ms, beat_every_max);
}

heartbeat::phase heartbeat::now() const {
  std::lock_guard lock{mutex_};
  return phase_;
}

void heartbeat::run() {
  std::unique_lock lock{mutex_};
  while (phase_ != phase::ended) {
    auto last = phase_;
    beating_ = true;
    lock.unlock();
    beat(last);
    lock.lock();
    beating_ = false;
    changed_.notify_all();
    changed_.wait_for(lock, every(), [&] { return phase_ != last; });
  }
}

void heartbeat::beat(phase in) {
  switch (in) {
    case phase::starting:
      if (std::chrono::steady_clock::now() - started_ < start_time_max)
        manager_->tell("STATUS=Starting: recovery\nEXTEND_TIMEOUT_USEC="
                       + microseconds_of(patience));
      break;
    case phase::running:
      if (auto wrong = look(); wrong.empty())
        manager_->tell("WATCHDOG=1\nSTATUS=" + pulse_.status());
      else
        manager_->tell("STATUS=Self-check failed: " + wrong);
      break;
    case phase::stopping:
      if (std::chrono::steady_clock::now() < stops_by_)
        manager_->tell("WATCHDOG=1\nEXTEND_TIMEOUT_USEC=" + microseconds_of(patience));
      break;
    case phase::ended: break;
  }
}

/// Nothing, or what is wrong.
std::string heartbeat::look() {
  auto wrong = pulse_.check(every(), [this] { return now() != phase::running; });
  if (now() != phase::running) // it was broken off
    return "";
  auto progress = pulse_.progress();
  auto moved = std::exchange(progress_seen_, progress) != progress;
  if (wrong.empty() || moved)
    return "";
  pulse_.log("self-check failed: " + wrong);
  return wrong;
}

} // namespace convertd
