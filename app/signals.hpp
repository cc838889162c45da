// SIGTERM, SIGINT and SIGHUP, as something to wait for.
#pragma once

#include <csignal>

namespace convertd {

/// Made before the first thread: from then on these signals are blocked in every thread, and
/// SIGPIPE is ignored.
class control_signals {
public:
  control_signals();

  enum class wish { stop, reload };
  /// Returns when one of them arrives: SIGHUP asks for a reload.
  wish wait() const;

  /// From here on the next one that asks for a stop ends the process at once. That is safe:
  /// everything acknowledged is durable, and the rest starts again.
  void exit_on_next() const;

private:
  sigset_t signals_{};
};

} // namespace convertd
