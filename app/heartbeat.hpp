// Tells the service manager, all the time, that the server is well, if it is.
#pragma once

#include "app/service_manager.hpp"

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

namespace convertd {

/// What the heartbeat asks once the server runs.
struct pulse {
  /// Nothing, or what is wrong; takes at most so long, and less when the function says stop.
  std::function<std::string(std::chrono::milliseconds, const std::function<bool()>&)> check;
  /// Rises with every file that has ended: a server that is too busy for its own check is well, as
  /// long as files end.
  std::function<std::uint64_t()> progress;
  std::function<std::string()> status;         ///< One line for `systemctl status`.
  std::function<void(const std::string&)> log; ///< What was wrong.
};

/// Owns a thread, unless nobody listens. While the server starts and while it stops, it asks for
/// more time; between them it feeds the watchdog, after each check that went well.
class heartbeat {
public:
  explicit heartbeat(const service_manager& manager);
  ~heartbeat(); ///< As end().
  heartbeat(const heartbeat&) = delete;
  heartbeat& operator=(const heartbeat&) = delete;

  /// Everything is recovered and listens.
  void ready(pulse of);
  /// Returns when no check is on its way any more, and no further one comes. The stop ends within
  /// `at_most`, and a little for the rest.
  void stopping(std::chrono::milliseconds at_most);

  /// Joins the thread. Before the actor system goes: it waits for every thread that has asked it
  /// something.
  void end();

private:
  enum class phase : std::uint8_t { starting, running, stopping, ended };

  void run();
  void beat(phase in);
  std::string look();
  phase now() const;
  std::chrono::milliseconds every() const;

  const service_manager* manager_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  phase phase_ = phase::starting;
  std::chrono::steady_clock::time_point stops_by_{};
  pulse pulse_;
  bool beating_ = false;
  std::uint64_t progress_seen_ = 0;
  std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
  std::thread thread_;
};

} // namespace convertd
