#include "app/service_manager.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <unistd.h>

namespace convertd {
namespace {

using namespace std::chrono_literals;

/// Sets variables as a service manager does; what is left of them goes at the end.
class ServiceManagerTest : public testing::Test {
protected:
  void set(const char* name, const std::string& value) {
    ::setenv(name, value.c_str(), 1);
  }
  void TearDown() override {
    for (const auto* name : {"NOTIFY_SOCKET", "LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES",
                             "WATCHDOG_PID", "WATCHDOG_USEC", "CREDENTIALS_DIRECTORY"})
      ::unsetenv(name);
  }
};

TEST_F(ServiceManagerTest, WithoutOneNothingIsWanted) {
  service_manager x;
  EXPECT_FALSE(x.listens());
  EXPECT_FALSE(x.http_socket());
  EXPECT_FALSE(x.credential("url.key"));
  EXPECT_EQ(x.watchdog_time(), 0us);
  x.tell("READY=1");
}

TEST_F(ServiceManagerTest, ItsVariablesReachNobodyElse) {
  set("NOTIFY_SOCKET", "@nowhere");
  set("WATCHDOG_USEC", "2000000");
  set("CREDENTIALS_DIRECTORY", "/nowhere");
  service_manager x;
  EXPECT_TRUE(x.listens());
  EXPECT_EQ(x.watchdog_time(), 2s);
  EXPECT_EQ(std::getenv("NOTIFY_SOCKET"), nullptr);
  EXPECT_EQ(std::getenv("WATCHDOG_USEC"), nullptr);
  EXPECT_EQ(std::getenv("CREDENTIALS_DIRECTORY"), nullptr);
}

TEST_F(ServiceManagerTest, WatchdogAndSocketsOfAnotherProcessAreNotOurs) {
  set("WATCHDOG_USEC", "2000000");
  set("WATCHDOG_PID", "1");
  set("LISTEN_FDS", "1");
  set("LISTEN_PID", "1");
  service_manager x;
  EXPECT_EQ(x.watchdog_time(), 0us);
  EXPECT_FALSE(x.http_socket());
}

TEST_F(ServiceManagerTest, MoreSocketsThanOneAreRefused) {
  set("LISTEN_FDS", "2");
  set("LISTEN_PID", std::to_string(::getpid()));
  service_manager x;
  EXPECT_THROW(x.http_socket(), std::runtime_error);
}

TEST_F(ServiceManagerTest, NumbersThatAreNoneCountAsNothing) {
  set("WATCHDOG_USEC", "soon");
  set("LISTEN_FDS", "-1");
  set("LISTEN_PID", std::to_string(::getpid()));
  set("NOTIFY_SOCKET", "not a path");
  service_manager x;
  EXPECT_FALSE(x.listens());
  EXPECT_EQ(x.watchdog_time(), 0us);
  EXPECT_FALSE(x.http_socket());
}

} // namespace
} // namespace convertd
