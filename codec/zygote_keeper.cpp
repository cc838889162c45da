#include "codec/channel.hpp"
#include "codec/client.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <future>
#include <spawn.h>
#include <string_view>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <system_error>
#include <thread>
#include <vector>

namespace convertd {

namespace {

using namespace std::chrono_literals;

constexpr auto backoff_first = 10ms;
constexpr auto backoff_max = 5000ms;
constexpr auto settled_after = 10s;
constexpr auto start_time_max = 30s; ///< Under sanitizers, on a busy machine.
constexpr auto stop_time_max = 2s;
constexpr int control_in_zygote = 3;

[[noreturn]] void fail(int error, const char* what) {
  throw std::system_error(error, std::generic_category(), what);
}

/// posix_spawn's two structures. The zygote gets an empty signal mask, default handlers, a process
/// group of its own, stderr, the control socket, and nothing else.
class spawn_setup {
public:
  explicit spawn_setup(int control) {
    ::posix_spawn_file_actions_init(&actions_);
    ::posix_spawn_file_actions_addopen(&actions_, 0, "/dev/null", O_RDONLY, 0);
    ::posix_spawn_file_actions_addopen(&actions_, 1, "/dev/null", O_WRONLY, 0);
    ::posix_spawn_file_actions_adddup2(&actions_, control, control_in_zygote);
    ::posix_spawnattr_init(&attributes_);
    sigset_t signals;
    ::sigemptyset(&signals);
    ::posix_spawnattr_setsigmask(&attributes_, &signals);
    ::sigfillset(&signals);
    ::posix_spawnattr_setsigdefault(&attributes_, &signals);
    ::posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF
                                               | POSIX_SPAWN_SETPGROUP);
  }
  ~spawn_setup() {
    ::posix_spawnattr_destroy(&attributes_);
    ::posix_spawn_file_actions_destroy(&actions_);
  }
  spawn_setup(const spawn_setup&) = delete;
  spawn_setup& operator=(const spawn_setup&) = delete;

  int spawn(const std::string& program, char** arguments, char** environment, pid_t& pid) {
    return ::posix_spawn(&pid, program.c_str(), &actions_, &attributes_, arguments, environment);
  }

private:
  posix_spawn_file_actions_t actions_;
  posix_spawnattr_t attributes_;
};

/// The server's environment stays with the server, but for what sanitizers, mkdtemp and test hooks
/// need.
std::vector<std::string> zygote_environment() {
  std::vector<std::string> lines{"LANG=C", "TZ=UTC0", "OMP_NUM_THREADS=1",
                                 "OMP_WAIT_POLICY=passive"};
  std::vector<std::string> kept{"TMPDIR", "ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS"};
#ifdef CONVERTD_TEST_HOOKS
  kept.emplace_back("CONVERTD_FAULT");
#endif
  for (const auto& name : kept)
    if (const char* value = std::getenv(name.c_str()))
      lines.push_back(name + "=" + value);
  return lines;
}

std::vector<char*> pointers_to(std::vector<std::string>& strings) {
  std::vector<char*> pointers;
  for (auto& x : strings)
    pointers.push_back(x.data());
  pointers.push_back(nullptr);
  return pointers;
}

pid_t spawn_zygote(const codec_options& options, int control) {
  std::vector<std::string> arguments{options.program, "zygote", std::to_string(options.uid),
                                     std::to_string(options.gid),
                                     std::to_string(options.memory_max)};
  const auto& x = options.effort;
  for (auto each :
       {x.png_level, x.tiff_level, x.avif_speed, x.webp_method, x.webp_animation_method})
    arguments.push_back(std::to_string(each));
  auto environment = zygote_environment();
  pid_t pid = -1;
  spawn_setup setup{control};
  if (auto error = setup.spawn(options.program, pointers_to(arguments).data(),
                               pointers_to(environment).data(), pid))
    fail(error, "cannot start the codec program");
  return pid;
}

std::string describe(int status) {
  if (WIFSIGNALED(status))
    return "signal " + std::to_string(WTERMSIG(status));
  return "exit code " + std::to_string(WEXITSTATUS(status));
}

int reap(pid_t pid) {
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  return status;
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
  pidfd = unique_fd{static_cast<int>(::syscall(SYS_pidfd_open, pid.load(), 0))};
  if (!pidfd)
    fail(errno, "pidfd_open");
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
  if (pid < 0)
    return;
  ::shutdown(control.get(), SHUT_RDWR);
  if (!wait_any({pidfd.get()}, deadline_clock::now() + stop_time_max))
    ::syscall(SYS_pidfd_send_signal, pidfd.get(), SIGKILL, nullptr, 0);
  reap(pid.exchange(-1));
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
