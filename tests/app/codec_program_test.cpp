#include "app/codec_program.hpp"
#include "config/load.hpp"

#include <gtest/gtest.h>

#include <unistd.h>

namespace convertd {
namespace {

TEST(CodecProgramTest, SettingIsTakenIfItCanBeRun) {
  settings x;
  x.codec.program = "/bin/true";
  EXPECT_EQ(codec_program(x), "/bin/true");
  for (const auto* path : {"/no/such/program", "/etc", "/etc/passwd"}) {
    x.codec.program = path;
    EXPECT_THROW(codec_program(x), config_error) << path;
  }
}

TEST(CodecUserTest, RootGivesWayToNobodyOrWhoIsNamed) {
  if (geteuid() != 0)
    GTEST_SKIP() << "only root can change users";
  settings x;
  EXPECT_EQ(codec_user(x).uid, 65534u);
  x.codec.user = "4711";
  EXPECT_EQ(codec_user(x).uid, 4711u);
  EXPECT_EQ(codec_user(x).gid, 4711u);
  for (const auto* user : {"root", "0", "no-such-user", "4294967295"}) {
    x.codec.user = user;
    EXPECT_THROW(codec_user(x), config_error) << user;
  }
}

TEST(CodecUserTest, OthersStayWhoTheyAre) {
  if (geteuid() == 0)
    GTEST_SKIP() << "is root";
  settings x;
  x.codec.user = "no-such-user";
  EXPECT_EQ(codec_user(x).uid, 0u);
}

TEST(CodecShareTest, ZeroMeansWhatTheMachineHas) {
  settings x;
  EXPECT_GE(codec_processes(x), 1u);
  EXPECT_GT(codec_memory_total(x), 0u);
  x.codec.processes = 7;
  x.codec.memory_total = gib;
  EXPECT_EQ(codec_processes(x), 7u);
  EXPECT_EQ(codec_memory_total(x), gib);
}

} // namespace
} // namespace convertd
