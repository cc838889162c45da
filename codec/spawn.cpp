#include "codec/spawn.hpp"

#include "codec/channel.hpp"

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <spawn.h>
#include <string>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>
#include <vector>

namespace convertd {

namespace {

using namespace std::chrono_literals;

constexpr int control_in_zygote = 3;
constexpr auto stop_time_max = 2s;

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

} // namespace

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
    throw std::system_error(error, std::generic_category(), "cannot start " + options.program);
  return pid;
}

int reap(pid_t pid) {
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  return status;
}

void end_zygote(pid_t pid, int pidfd, int control) {
  ::shutdown(control, SHUT_RDWR);
  if (!wait_any({pidfd}, deadline_clock::now() + stop_time_max))
    ::syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, nullptr, 0);
  reap(pid);
}

unique_fd pidfd_of(pid_t pid) {
  unique_fd fd{static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))};
  if (!fd)
    throw std::system_error(errno, std::generic_category(), "pidfd_open");
  return fd;
}

} // namespace convertd
