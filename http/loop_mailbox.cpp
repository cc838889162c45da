#include "http/loop_mailbox.hpp"

#include <sys/eventfd.h>
#include <unistd.h>

namespace convertd {

loop_mailbox::loop_mailbox()
  : bell_{checked(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), "make an eventfd")} {}

void loop_mailbox::give_back(connection_ptr from, next_step step) {
  std::lock_guard lock{mutex_};
  told_.returned.emplace_back(std::move(from), step);
  if (told_.returned.size() == 1)
    signal();
}

void loop_mailbox::ring(std::span<const std::uint64_t> connections) {
  if (connections.empty())
    return;
  std::lock_guard lock{mutex_};
  told_.rung.insert(told_.rung.end(), connections.begin(), connections.end());
  signal();
}

void loop_mailbox::drain() {
  std::lock_guard lock{mutex_};
  told_.drain = true;
  signal();
}

void loop_mailbox::stop() {
  std::lock_guard lock{mutex_};
  told_.stop = true;
  signal();
}

loop_messages loop_mailbox::take() {
  std::lock_guard lock{mutex_};
  std::uint64_t rings = 0;
  [[maybe_unused]] auto got = ::read(bell_.get(), &rings, sizeof rings);
  return std::exchange(told_, {});
}

void loop_mailbox::signal() {
  std::uint64_t one = 1;
  [[maybe_unused]] auto sent = ::write(bell_.get(), &one, sizeof one); // full = it rings already
}

} // namespace convertd
