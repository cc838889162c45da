#include "app/signals.hpp"

#include <pthread.h>

namespace convertd {

stop_signals::stop_signals() {
  sigemptyset(&signals_);
  sigaddset(&signals_, SIGTERM);
  sigaddset(&signals_, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
}

void stop_signals::wait() const {
  int signal = 0;
  sigwait(&signals_, &signal);
}

void stop_signals::exit_on_next() const {
  std::signal(SIGTERM, SIG_DFL);
  std::signal(SIGINT, SIG_DFL);
  pthread_sigmask(SIG_UNBLOCK, &signals_, nullptr);
}

} // namespace convertd
