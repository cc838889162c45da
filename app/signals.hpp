// SIGTERM and SIGINT, as something to wait for.
#pragma once

#include <csignal>

namespace convertd {

/// Made before the first thread: from then on SIGTERM and SIGINT are blocked in every thread, and
/// SIGPIPE is ignored.
class stop_signals {
public:
  stop_signals();

  /// Returns when one of them arrives.
  void wait() const;

  /// From here on the next one ends the process at once. That is safe: everything acknowledged is
  /// durable, and the rest starts again.
  void exit_on_next() const;

private:
  sigset_t signals_{};
};

} // namespace convertd
