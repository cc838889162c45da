#include "actors/process_watch.hpp"

#include <gtest/gtest.h>

#include <csignal>
#include <future>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace convertd {
namespace {

/// Sleeps until it is killed.
class sleeper {
public:
  sleeper() : pid_{::fork()} {
    if (pid_ == 0)
      for (;;)
        ::pause();
    pidfd_ = owned_fd{static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0))};
  }
  ~sleeper() {
    kill();
  }
  sleeper(const sleeper&) = delete;
  sleeper& operator=(const sleeper&) = delete;

  void kill() {
    if (pid_ > 0)
      ::kill(pid_, SIGKILL);
    if (pid_ > 0)
      ::waitpid(pid_, nullptr, 0);
    pid_ = -1;
  }
  int pidfd() const {
    return pidfd_.get();
  }

private:
  pid_t pid_;
  owned_fd pidfd_;
};

TEST(ProcessWatchTest, TellsOfTheEndOfEachProcessOnce) {
  process_watch watch;
  sleeper first, second;
  std::promise<void> first_ended, second_ended; // to be told twice would throw
  watch.add(first.pidfd(), [&] { first_ended.set_value(); });
  watch.add(second.pidfd(), [&] { second_ended.set_value(); });
  first.kill();
  EXPECT_EQ(first_ended.get_future().wait_for(std::chrono::seconds{10}), std::future_status::ready);
  auto other = second_ended.get_future();
  EXPECT_EQ(other.wait_for(std::chrono::seconds{0}), std::future_status::timeout);
  second.kill();
  EXPECT_EQ(other.wait_for(std::chrono::seconds{10}), std::future_status::ready);
}

TEST(ProcessWatchTest, EndsWhileProcessesLive) {
  sleeper alive;
  auto told = false;
  {
    process_watch watch;
    watch.add(alive.pidfd(), [&] { told = true; });
  }
  alive.kill();
  EXPECT_FALSE(told);
}

} // namespace
} // namespace convertd
