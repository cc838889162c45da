#include "codec/zygote.hpp"

#include "codec/attempt.hpp"
#include "codec/channel.hpp"

#include <algorithm>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <fcntl.h>
#include <string>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>
#include <vector>

namespace convertd {

namespace {

constexpr int control = 3;

struct living_child {
  pid_t pid;
  unique_fd report;
};

sigset_t only_child_signal() {
  sigset_t signals;
  ::sigemptyset(&signals);
  ::sigaddset(&signals, SIGCHLD);
  return signals;
}

std::uint64_t microseconds(const timeval& x) {
  return static_cast<std::uint64_t>(x.tv_sec) * 1'000'000 + static_cast<std::uint64_t>(x.tv_usec);
}

exited_message report_of(int status, const rusage& used) {
  exited_message x;
  x.code = WIFEXITED(status) ? WEXITSTATUS(status) : 0;
  x.signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
  x.cpu_us = microseconds(used.ru_utime) + microseconds(used.ru_stime);
  x.resident_max_kib = static_cast<std::uint64_t>(used.ru_maxrss);
  return x;
}

class zygote {
public:
  zygote(const child_options& options, const zygote_work& work) : options_{options}, work_{work} {
    auto signals = only_child_signal();
    ::sigprocmask(SIG_BLOCK, &signals, nullptr);
    ended_ = unique_fd{::signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK)};
  }

  void run() {
    for (;;) {
      auto which = wait_any({ended_.get(), control}, deadline_clock::time_point::max());
      if (which == 0)
        reap();
      else if (auto request = receive_bytes(control))
        start(*request);
      else
        return;
    }
  }

private:
  void start(datagram& request) {
    auto attempt = as<attempt_message>(request);
    if ((!attempt && !as<start_message>(request)) || !request.fds[0] || !request.fds[1])
      return;
    auto parent = ::getpid();
    auto pid = ::fork();
    if (pid < 0)
      return; // the report closes without a word: interrupted
    if (pid == 0) {
      auto signals = only_child_signal();
      ::sigprocmask(SIG_UNBLOCK, &signals, nullptr);
      if (attempt)
        run_attempt(std::move(request.fds[0]), parent, options_, filter_, *attempt);
      if (work_.child != nullptr)
        work_.child(std::move(request.fds[0]), parent, options_, filter_);
      _exit(0);
    }
    unique_fd pidfd{static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))};
    started_message started;
    started.pid = pid;
    started.uid = options_.uid != 0 && ::geteuid() == 0 ? options_.uid : ::getuid();
    started.gid = options_.gid != 0 && ::geteuid() == 0 ? options_.gid : ::getgid();
    auto facts = "/proc/" + std::to_string(pid) + "/statm";
    unique_fd memory{::open(facts.c_str(), O_RDONLY | O_CLOEXEC)};
    if (memory)
      send_message(request.fds[1].get(), started, {pidfd.get(), memory.get()});
    else
      send_message(request.fds[1].get(), started, {pidfd.get()});
    living_.push_back({pid, std::move(request.fds[1])});
  }

  void reap() {
    signalfd_siginfo drained[8];
    while (::read(ended_.get(), drained, sizeof drained) > 0) {
    }
    int status = 0;
    rusage used{};
    while (auto pid = ::wait4(-1, &status, WNOHANG, &used)) {
      if (pid < 0)
        return;
      auto found = std::ranges::find(living_, pid, &living_child::pid);
      if (found == living_.end())
        continue;
      send_message(found->report.get(), report_of(status, used));
      std::iter_swap(found, living_.end() - 1);
      living_.pop_back();
    }
  }

  child_options options_;
  zygote_work work_;
  syscall_filter filter_;
  unique_fd ended_;
  std::vector<living_child> living_;
};

} // namespace

int run_zygote(const child_options& options, const zygote_work& work) {
  // The control socket ends with the server in any case; the signal also ends a zygote that hangs.
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  ::syscall(SYS_close_range, control + 1, ~0u, 0);
  if (work.prepare != nullptr)
    work.prepare(options);
  limit_zygote(options);
  try {
    zygote self{options, work};
    if (!send_message(control, ready_message{}))
      return 1;
    self.run();
    return 0;
  } catch (const std::system_error& x) {
    std::fprintf(stderr, "convertd-codec: %s\n", x.what());
    return 1;
  }
}

} // namespace convertd
