#include "codec/self_test.hpp"

#include "codec/channel.hpp"
#include "codec/child_limits.hpp"
#include "codec/forbidden_acts.hpp"
#include "codec/landlock.hpp"
#include "job/limits.hpp"

#include <algorithm>
#include <csignal>
#include <optional>
#include <system_error>

namespace convertd {

namespace {

using clock = std::chrono::steady_clock;

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

  static void grant(const limited_child& child) {
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

} // namespace

self_test_report codec_self_test(int control, const std::string& folder,
                                 clock::time_point deadline) {
  self_test_report report;
  report.landlock = landlock_version();
  auto acts = forbidden_acts();
  try {
    for (std::size_t i = 0; i < acts.size(); ++i) {
      if (acts[i].landlock > report.landlock)
        continue;
      auto end = attempt{control, message_for(i, folder), deadline}.run();
      ++report.acts;
      if (refused_rightly(acts[i], end))
        report.held.emplace_back(acts[i].what);
      else
        report.breaches.push_back(described(acts[i], end));
    }
  } catch (const no_child& x) {
    report.trouble = x.why;
  } catch (const std::system_error& x) {
    report.trouble = x.what();
  }
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
