#include "codec/self_test.hpp"

#include "codec/channel.hpp"
#include "codec/child_limits.hpp"
#include "codec/forbidden_acts.hpp"
#include "codec/landlock.hpp"
#include "codec/spawn.hpp"
#include "job/limits.hpp"

#include <algorithm>
#include <atomic>
#include <csignal>
#include <future>
#include <optional>
#include <span>
#include <system_error>
#include <thread>

namespace convertd {

namespace {

using clock = std::chrono::steady_clock;

/// Acts at a time: the zygote forks one after the other, so more would gain nothing.
constexpr unsigned lanes_max = 4;

/// How an attempt ended: what the child said, if it did, and then how it went.
struct attempt_end {
  std::optional<int> error;
  exited_message exited;
};

/// Why nothing can be said about the lock.
struct no_child {
  std::string why;
};

[[noreturn]] void give_up(std::string why) {
  throw no_child{std::move(why)};
}

/// A child for one act, from its start to its end.
class attempt {
public:
  attempt(int control, const attempt_message& what, clock::time_point deadline)
    : deadline_{deadline} {
    auto channel = make_socket_pair();
    auto report = make_socket_pair();
    if (!send_message(control, what, {channel.theirs.get(), report.theirs.get()}))
      give_up("The zygote takes no orders.");
    channel_ = std::move(channel.ours);
    report_ = std::move(report.ours);
  }

  attempt_end run() {
    auto started = next(report_.get());
    auto message = started ? as<started_message>(*started) : std::nullopt;
    if (!message)
      give_up("The zygote could not fork.");
    limited_child child{static_cast<pid_t>(message->pid), message->uid, message->gid,
                        started->fds[1].get()};
    auto hello = next(channel_.get());
    if (!hello || !as<ready_message>(*hello))
      give_up(why_not_ready(exited()));
    grant(child);
    send_message(channel_.get(), go_message{});
    attempt_end end;
    if (auto said = next(channel_.get()))
      if (auto x = as<attempted_message>(*said))
        end.error = x->error;
    end.exited = exited();
    return end;
  }

private:
  std::optional<datagram> next(int socket) {
    if (!wait_any({socket}, deadline_))
      give_up("A child did not answer in time.");
    return receive_bytes(socket);
  }

  exited_message exited() {
    auto last = next(report_.get());
    auto message = last ? as<exited_message>(*last) : std::nullopt;
    if (!message)
      give_up("The zygote ended.");
    return *message;
  }

  static void grant(limited_child& child) {
    constexpr std::uint64_t output_bytes = 4096; // as forbidden_acts.cpp says
    using namespace std::chrono_literals;
    if (!child.limit_memory(codec_memory_base) || !child.limit_cpu(5s)
        || !child.limit_output(output_bytes))
      give_up("The server may not set the limits of its codec processes: as root it needs the "
              "capability CAP_SYS_RESOURCE, or CAP_SETUID and CAP_SETGID.");
  }

  static std::string why_not_ready(const exited_message& x) {
    switch (x.signal == 0 ? x.code : 0) {
      case exit_no_identity:
        return "A codec process cannot change to its user: give the server the capabilities "
               "CAP_SETUID and CAP_SETGID, or run it as a plain user.";
      case exit_no_landlock: return "The kernel has Landlock, and refuses to put it on.";
      case exit_no_filter:
        return "The kernel refuses the seccomp filter: it needs CONFIG_SECCOMP_FILTER, and a "
               "container or a unit must allow the call seccomp.";
      default: return "A codec process ended before it was ready.";
    }
  }

  clock::time_point deadline_;
  unique_fd channel_;
  unique_fd report_;
};

bool refused_rightly(const forbidden_act& act, const attempt_end& end) {
  if (act.refusal == killed)
    return !end.error && end.exited.signal == SIGSYS;
  return end.error == act.refusal;
}

std::string described(const forbidden_act& act, const attempt_end& end) {
  std::string text{act.what};
  if (end.error == 0)
    return text;
  auto how = end.error                ? std::generic_category().message(*end.error)
             : end.exited.signal != 0 ? "signal " + std::to_string(end.exited.signal)
                                      : "exit code " + std::to_string(end.exited.code);
  return text + " (the lock was not what stopped it: " + how + ")";
}

attempt_message message_for(std::size_t act, const std::string& folder) {
  attempt_message x;
  x.act = static_cast<std::uint16_t>(act);
  // A name that is too long only makes it another folder that must not be written either.
  std::ranges::copy(folder.substr(0, x.folder.size() - 1), x.folder.begin());
  return x;
}

/// All acts. Each has a process of its own, so several may be tried at a time.
class trial {
public:
  trial(int control, const std::string& folder, clock::time_point deadline)
    : control_{control}, folder_{folder}, deadline_{deadline}, landlock_{landlock_version()} {}

  /// Takes one act after the other until none is left. Any thread.
  void run() {
    for (auto i = next_++; i < acts_.size(); i = next_++)
      if (acts_[i].landlock <= landlock_)
        ends_[i] = attempt{control_, message_for(i, folder_), deadline_}.run();
  }

  self_test_report report() const {
    self_test_report x;
    x.landlock = landlock_;
    for (std::size_t i = 0; i < acts_.size(); ++i) {
      if (!ends_[i])
        continue;
      ++x.acts;
      if (refused_rightly(acts_[i], *ends_[i]))
        x.held.emplace_back(acts_[i].what);
      else
        x.breaches.push_back(described(acts_[i], *ends_[i]));
    }
    return x;
  }

private:
  int control_;
  std::string folder_;
  clock::time_point deadline_;
  std::uint32_t landlock_;
  std::span<const forbidden_act> acts_ = forbidden_acts();
  std::vector<std::optional<attempt_end>> ends_{acts_.size()}; ///< One writer each.
  std::atomic<std::size_t> next_{0};
};

/// What broke it off; empty if nothing did.
std::string trouble_of(std::future<void>& lane) {
  try {
    lane.get();
  } catch (const no_child& x) {
    return x.why;
  } catch (const std::system_error& x) {
    return x.what();
  }
  return {};
}

/// A zygote for the trial alone.
class trial_zygote {
public:
  explicit trial_zygote(const codec_options& options) {
    auto pair = make_socket_pair();
    pid_ = spawn_zygote(options, pair.theirs.get());
    control_ = std::move(pair.ours);
    pidfd_ = pidfd_of(pid_);
  }
  ~trial_zygote() {
    end_zygote(pid_, pidfd_.get(), control_.get());
  }
  trial_zygote(const trial_zygote&) = delete;
  trial_zygote& operator=(const trial_zygote&) = delete;

  /// Throws no_child if it cannot be started.
  int ready_control(clock::time_point deadline) {
    auto said = wait_any({control_.get()}, deadline) ? receive_bytes(control_.get()) : std::nullopt;
    if (!said || !as<ready_message>(*said))
      give_up("The codec program does not start.");
    return control_.get();
  }

private:
  pid_t pid_ = -1;
  unique_fd control_;
  unique_fd pidfd_;
};

} // namespace

self_test_report codec_self_test(const codec_options& options, const std::string& folder,
                                 clock::time_point deadline) {
  self_test_report failed;
  try {
    trial_zygote zygote{options};
    return codec_self_test(zygote.ready_control(deadline), folder, deadline);
  } catch (const no_child& x) {
    failed.trouble = x.why;
  } catch (const std::system_error& x) {
    failed.trouble = x.what();
  }
  return failed;
}

self_test_report codec_self_test(int control, const std::string& folder,
                                 clock::time_point deadline) {
  trial all{control, folder, deadline};
  std::vector<std::future<void>> lanes;
  auto count = std::clamp(std::thread::hardware_concurrency(), 1U, lanes_max);
  for (unsigned i = 0; i < count; ++i)
    lanes.push_back(std::async(std::launch::async, [&all] { all.run(); }));
  std::string trouble;
  for (auto& lane : lanes)
    if (auto text = trouble_of(lane); trouble.empty())
      trouble = text;
  auto report = all.report();
  report.trouble = trouble;
  return report;
}

std::string complaint(const self_test_report& x) {
  if (x.passed())
    return {};
  constexpr auto end = " convertd does not start, since every image could be an attack. "
                       "docs/security.md says what the lock needs of the machine.";
  if (!x.trouble.empty())
    return "The lock of the codec processes could not be tested: " + x.trouble + end;
  auto text = "The lock of the codec processes does not hold: one could " + x.breaches.front();
  if (x.breaches.size() > 1)
    text += ", and " + std::to_string(x.breaches.size() - 1) + " of " + std::to_string(x.acts - 1)
            + " other forbidden acts";
  return text + "." + end;
}

std::vector<std::string> missing_walls(std::uint32_t landlock) {
  std::vector<std::string> lines;
  if (landlock < landlock_files)
    lines.emplace_back("The kernel has no Landlock: files are closed to codec processes by the "
                       "system call filter alone. Linux 5.13 has it, if its lsm= list names it.");
  if (landlock < landlock_network)
    lines.emplace_back("The kernel's Landlock does not cover the network (version 4, Linux 6.7): "
                       "the system call filter alone closes it to codec processes.");
  if (landlock < landlock_scopes)
    lines.emplace_back(
      "The kernel's Landlock does not cover signals and abstract sockets "
      "(version 6, Linux 6.12): the system call filter alone refuses them to codec "
      "processes.");
  return lines;
}

} // namespace convertd
