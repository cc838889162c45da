#include "app/signals.hpp"

#include <pthread.h>

namespace convertd {

control_signals::control_signals() {
  sigemptyset(&signals_);
  sigaddset(&signals_, SIGTERM);
  sigaddset(&signals_, SIGINT);
  sigaddset(&signals_, SIGHUP);
  pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
}

control_signals::wish control_signals::wait() const {
  int signal = 0;
  sigwait(&signals_, &signal);
  return signal == SIGHUP ? wish::reload : wish::stop;
}

void control_signals::exit_on_next() const {
  std::signal(SIGTERM, SIG_DFL);
  std::signal(SIGINT, SIG_DFL);
  std::signal(SIGHUP, SIG_IGN);
  pthread_sigmask(SIG_UNBLOCK, &signals_, nullptr);
}

} // namespace convertd
