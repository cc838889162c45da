#include "tests/codec/codec_fixture.hpp"

#include <csignal>
#include <mutex>
#include <poll.h>
#include <system_error>

namespace convertd {
namespace {

struct kept {
  std::mutex guard;
  std::vector<std::string> lines;

  codec_options options() {
    codec_options x;
    x.program = CONVERTD_CODEC_PROGRAM;
    x.log = [this](std::string line) {
      std::lock_guard lock{guard};
      lines.push_back(std::move(line));
    };
    return x;
  }
  bool said(std::string_view word) {
    std::lock_guard lock{guard};
    for (const auto& line : lines)
      if (line.find(word) != std::string::npos)
        return true;
    return false;
  }
};

bool ends(int pidfd) {
  pollfd polled{.fd = pidfd, .events = POLLIN, .revents = 0};
  return ::poll(&polled, 1, 10'000) == 1;
}

TEST(ZygoteKeeperTest, MissingProgramIsAnErrorAtOnce) {
  codec_options options;
  options.program = "/no/such/program";
  EXPECT_THROW(zygote_keeper{options}, std::system_error);
}

TEST(ZygoteKeeperTest, ProgramThatEndsIsAnErrorAtOnce) {
  codec_options options;
  options.program = "/bin/true";
  EXPECT_THROW(zygote_keeper{options}, std::system_error);
}

TEST(ZygoteKeeperTest, FailedStartLeavesNoDescriptor) {
  auto before = open_descriptors();
  codec_options options;
  options.program = "/bin/true";
  EXPECT_THROW(zygote_keeper{options}, std::system_error);
  EXPECT_EQ(open_descriptors(), before);
}

TEST(ZygoteKeeperTest, DeathOfTheZygoteInterruptsAndTheNextTakesOver) {
  kept log;
  zygote_keeper keeper{log.options()};
  auto answer = codec_process::start(keeper.control(), soon());
  auto& process = std::get<codec_process>(answer);
  unique_fd child{::dup(process.pidfd())};
  auto control = keeper.control();
  auto first = keeper.pid();

  ::kill(first, SIGKILL);
  EXPECT_TRUE(ends(child.get())) << "the child outlived its zygote";
  codec_order order;
  order.source_length = 1;
  order.what.target = image_format::png;
  auto source = memory_file("x");
  EXPECT_EQ(fault_of(process.probe(order, source.get(), soon())), "interrupted interrupted");
  EXPECT_FALSE(process.alive());

  EXPECT_TRUE(eventually([&] { return keeper.pid() > 0 && keeper.pid() != first; }));
  EXPECT_EQ(keeper.control(), control);
  EXPECT_TRUE(eventually(
    [&] { return std::holds_alternative<codec_process>(codec_process::start(control, soon())); }));
  EXPECT_TRUE(log.said("signal 9"));
}

TEST(ZygoteKeeperTest, DeathDuringAConversionInterrupts) {
#ifdef CONVERTD_TEST_HOOKS
  kept log;
  zygote_keeper keeper{log.options()};
  auto answer = codec_process::start(keeper.control(), soon());
  auto& process = std::get<codec_process>(answer);
  codec_order order;
  std::string text = "CONVERTD-FAULT:hang";
  order.source_length = text.size();
  order.what.target = image_format::png;
  auto source = memory_file(text);
  ASSERT_EQ(fault_of(process.probe(order, source.get(), soon())), "none");
  std::thread killer{[pid = keeper.pid()] { ::kill(pid, SIGKILL); }};
  auto out = memory_file();
  EXPECT_EQ(fault_of(process.convert(out.get(), codec_memory(4096), soon())),
            "interrupted interrupted");
  killer.join();
#else
  GTEST_SKIP() << "needs TEST_HOOKS";
#endif
}

TEST(ZygoteKeeperTest, SurvivesDeathAfterDeath) {
  kept log;
  zygote_keeper keeper{log.options()};
  auto before = open_descriptors();
  for (int i = 0; i < 4; ++i) {
    auto pid = keeper.pid();
    ::kill(pid, SIGKILL);
    ASSERT_TRUE(eventually([&] { return keeper.pid() > 0 && keeper.pid() != pid; }));
    ASSERT_TRUE(eventually([&] {
      return std::holds_alternative<codec_process>(codec_process::start(keeper.control(), soon()));
    }));
  }
  EXPECT_EQ(open_descriptors(), before);
}

TEST(ZygoteKeeperTest, EndsZygoteAndChildrenWithItself) {
  unique_fd child;
  std::optional<codec_process> process;
  {
    kept log;
    zygote_keeper keeper{log.options()};
    process = std::get<codec_process>(codec_process::start(keeper.control(), soon()));
    child = unique_fd{::dup(process->pidfd())};
  }
  EXPECT_TRUE(ends(child.get()));
}

} // namespace
} // namespace convertd
