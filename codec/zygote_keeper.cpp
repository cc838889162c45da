#include "codec/channel.hpp"
#include "codec/client.hpp"
#include "codec/spawn.hpp"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <future>
#include <sys/eventfd.h>
#include <sys/wait.h>
#include <system_error>
#include <thread>

namespace convertd {

namespace {

using namespace std::chrono_literals;

constexpr auto backoff_first = 10ms;
constexpr auto backoff_max = 5000ms;
constexpr auto settled_after = 10s;
constexpr auto start_time_max = 30s; ///< Under sanitizers, on a busy machine.

[[noreturn]] void fail(int error, const char* what) {
  throw std::system_error(error, std::generic_category(), what);
}

std::string describe(int status) {
  if (WIFSIGNALED(status))
    return "signal " + std::to_string(WTERMSIG(status));
  return "exit code " + std::to_string(WEXITSTATUS(status));
}

} // namespace

struct zygote_keeper::impl {
  explicit impl(codec_options x) : options{std::move(x)} {}

  void run(std::promise<void>& first);
  void launch();
  bool await_ready();
  void keep();
  bool stop_within(std::chrono::milliseconds time);
  void end_zygote();

  codec_options options;
  unique_fd control; ///< Its number stays; what is behind it changes.
  unique_fd stop;    ///< An eventfd; readable once the destructor runs.
  unique_fd pidfd;
  std::atomic<pid_t> pid{-1};
  std::atomic<bool> ready{false};
  std::thread thread;
};

void zygote_keeper::impl::launch() {
  auto pair = make_socket_pair();
  pid = spawn_zygote(options, pair.theirs.get());
  pidfd = pidfd_of(pid);
  if (!control)
    control = std::move(pair.ours);
  else if (::dup3(pair.ours.get(), control.get(), O_CLOEXEC) < 0)
    fail(errno, "dup3");
}

/// Requests may queue in the socket meanwhile. False: it died, or said something else.
bool zygote_keeper::impl::await_ready() {
  auto which = wait_any({stop.get(), control.get()}, deadline_clock::now() + start_time_max);
  if (which != 1)
    return false;
  auto datagram = receive_bytes(control.get());
  return datagram && as<ready_message>(*datagram);
}

bool zygote_keeper::impl::stop_within(std::chrono::milliseconds time) {
  return wait_any({stop.get()}, deadline_clock::now() + time).has_value();
}

/// One zygote after the other, until the destructor runs.
void zygote_keeper::impl::keep() {
  std::chrono::milliseconds backoff = backoff_first;
  auto started = deadline_clock::now();
  for (;;) {
    auto which = wait_any({stop.get(), pidfd.get()}, deadline_clock::time_point::max());
    if (which != 1)
      return;
    ready = false;
    auto status = reap(pid.exchange(-1));
    if (deadline_clock::now() - started >= settled_after)
      backoff = backoff_first;
    if (options.log)
      options.log("codec: the zygote ended (" + describe(status) + "), the next starts in "
                  + std::to_string(backoff.count()) + " ms");
    do {
      if (stop_within(backoff))
        return;
      backoff = std::min<std::chrono::milliseconds>(2 * backoff, backoff_max);
      started = deadline_clock::now();
      try {
        launch();
      } catch (const std::system_error& x) {
        if (options.log)
          options.log(std::string{"codec: "} + x.what());
      }
    } while (pid < 0);
    ready = await_ready();
    if (ready && options.log)
      options.log("codec: a new zygote is ready");
  }
}

/// The zygote ends at the end of its control socket, and its children with it.
void zygote_keeper::impl::end_zygote() {
  if (pid >= 0)
    convertd::end_zygote(pid.exchange(-1), pidfd.get(), control.get());
}

void zygote_keeper::impl::run(std::promise<void>& first) {
  try {
    launch();
    if (!await_ready()) {
      end_zygote();
      fail(ECHILD, "the codec program ended before it was ready");
    }
  } catch (...) {
    first.set_exception(std::current_exception());
    return;
  }
  ready = true;
  first.set_value();
  keep();
  end_zygote();
}

zygote_keeper::zygote_keeper(codec_options options)
  : impl_{std::make_unique<impl>(std::move(options))} {
  impl_->stop = unique_fd{::eventfd(0, EFD_CLOEXEC)};
  if (!impl_->stop)
    fail(errno, "eventfd");
  std::promise<void> first;
  impl_->thread = std::thread{[&] { impl_->run(first); }};
  try {
    first.get_future().get();
  } catch (...) {
    impl_->thread.join();
    throw;
  }
}

zygote_keeper::~zygote_keeper() {
  ::eventfd_write(impl_->stop.get(), 1);
  impl_->thread.join();
}

int zygote_keeper::control() const {
  return impl_->control.get();
}

int zygote_keeper::pid() const {
  return impl_->pid;
}

bool zygote_keeper::ready() const {
  return impl_->ready;
}

} // namespace convertd
