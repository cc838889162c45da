#include "app/heartbeat.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace convertd {
namespace {

using namespace std::chrono_literals;

/// Listens as systemd does, with a watchdog of 40 ms.
class HeartbeatTest : public testing::Test {
protected:
  HeartbeatTest() {
    auto name = "convertd-heartbeat-" + std::to_string(::getpid());
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::copy(name.begin(), name.end(), address.sun_path + 1);
    socket_ = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size());
    EXPECT_EQ(::bind(socket_, reinterpret_cast<sockaddr*>(&address), size), 0);
    timeval wait{.tv_sec = 10, .tv_usec = 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
    ::setenv("NOTIFY_SOCKET", ("@" + name).c_str(), 1);
    ::setenv("WATCHDOG_USEC", "40000", 1);
  }
  ~HeartbeatTest() override {
    ::close(socket_);
  }

  std::string next() const {
    char text[512];
    auto got = ::recv(socket_, text, sizeof text, 0);
    return got < 0 ? "nothing" : std::string(text, static_cast<std::size_t>(got));
  }
  void await(const std::string& text) const {
    std::string said;
    do
      said = next();
    while (said.find(text) == std::string::npos && said != "nothing");
  }
  /// Of the next so many things that are said, after what has been said already: how many feed the
  /// watchdog.
  int fed_of(int count) const {
    char text[512];
    while (::recv(socket_, text, sizeof text, MSG_DONTWAIT) > 0) {
    }
    auto fed = 0;
    for (int i = 0; i < count; ++i)
      fed += next().find("WATCHDOG=1") != std::string::npos ? 1 : 0;
    return fed;
  }

  pulse well() {
    pulse x;
    x.check = [this](auto, const auto&) {
      return wrong_ ? std::string{"it hangs"} : std::string{};
    };
    x.progress = [this] { return progress_.fetch_add(step_) + step_; };
    x.status = [] { return std::string{"fine"}; };
    x.log = [this](const std::string&) { ++logged_; };
    return x;
  }

  int socket_ = -1;
  std::atomic<bool> wrong_ = false;
  std::atomic<std::uint64_t> progress_ = 0;
  std::atomic<std::uint64_t> step_ = 0;
  std::atomic<int> logged_ = 0;
};

TEST_F(HeartbeatTest, StartAsksForTimeAndFeedsNothing) {
  service_manager manager;
  heartbeat x{manager};
  for (int i = 0; i < 3; ++i) {
    auto said = next();
    EXPECT_NE(said.find("EXTEND_TIMEOUT_USEC="), said.npos);
    EXPECT_EQ(said.find("WATCHDOG"), said.npos);
  }
}

TEST_F(HeartbeatTest, EachCheckThatGoesWellFeedsTheWatchdog) {
  service_manager manager;
  heartbeat x{manager};
  x.ready(well());
  await("WATCHDOG=1");
  EXPECT_EQ(fed_of(5), 5);
  x.stopping(1s);
}

TEST_F(HeartbeatTest, CheckThatFailsFeedsNothingAndIsLogged) {
  service_manager manager;
  heartbeat x{manager};
  wrong_ = true;
  x.ready(well());
  await("READY=1");
  EXPECT_EQ(fed_of(3), 0);
  EXPECT_GT(logged_, 0);
  wrong_ = false;
  await("WATCHDOG=1");
  x.stopping(1s);
}

TEST_F(HeartbeatTest, ServerThatIsTooBusyForItsCheckIsWellWhileFilesEnd) {
  service_manager manager;
  heartbeat x{manager};
  wrong_ = true;
  step_ = 1;
  x.ready(well());
  await("WATCHDOG=1");
  EXPECT_EQ(fed_of(3), 3);
  EXPECT_EQ(logged_, 0);
  x.stopping(1s);
}

TEST_F(HeartbeatTest, NoCheckComesAfterTheStopHasBegun) {
  service_manager manager;
  std::atomic<bool> gone = false;
  std::atomic<int> late = 0;
  heartbeat x{manager};
  auto of = well();
  of.check = [&](auto, const auto&) {
    late += gone ? 1 : 0;
    return std::string{};
  };
  x.ready(of);
  await("WATCHDOG=1");
  EXPECT_EQ(fed_of(2), 2);
  x.stopping(1h);
  gone = true;
  EXPECT_EQ(fed_of(3), 3); // it is fed all the same, as long as the stop may take
  EXPECT_EQ(late, 0);
}

} // namespace
} // namespace convertd
