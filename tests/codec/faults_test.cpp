// Faults that the program commits on demand; only built with TEST_HOOKS.
#include "tests/codec/codec_fixture.hpp"

#include <csignal>
#include <sys/syscall.h>

#ifdef CONVERTD_TEST_HOOKS

namespace convertd {
namespace {

class FaultsTest : public codec_fixture {
protected:
  /// Probes and converts "CONVERTD-FAULT:…" with a process of its own; then shows that a new one
  /// works.
  static std::string outcome(const std::string& fault, std::chrono::milliseconds time = 20s) {
    auto process = start();
    auto said = outcome_of(process, fault, time);
    auto healthy = start();
    EXPECT_EQ(outcome_of(healthy, "slow", 20s), "none");
    return said;
  }

  static std::string outcome_of(codec_process& process, const std::string& fault,
                                std::chrono::milliseconds time) {
    auto text = "CONVERTD-FAULT:" + fault;
    auto source = memory_file(text);
    auto order = order_of(text, image_format::jpg);
    order.source_format = image_format::unknown;
    order.limits.time_max = 100ms;
    auto probed = process.probe(order, source.get(), soon());
    if (auto* x = std::get_if<codec_fault>(&probed)) {
      EXPECT_EQ(process.alive(), x->what == codec_fault::kind::refused);
      return "probe " + text_of(*x);
    }
    auto out = memory_file();
    auto done = process.convert(out.get(), codec_memory(64 * 64), soon(time));
    auto* x = std::get_if<codec_fault>(&done);
    EXPECT_EQ(process.alive(), x == nullptr || x->what == codec_fault::kind::refused);
    return fault_of(done);
  }
};

TEST_F(FaultsTest, CrashIsADeath) {
  EXPECT_EQ(outcome("crash"), "died decoder_crashed");
}

TEST_F(FaultsTest, CrashInTheProbeIsADeath) {
  EXPECT_EQ(outcome("crash-probe"), "probe died decoder_crashed");
}

TEST_F(FaultsTest, ExitWithoutAnAnswerIsADeath) {
  EXPECT_EQ(outcome("exit"), "died decoder_crashed");
}

TEST_F(FaultsTest, HangEndsAtTheDeadline) {
  auto begun = clock_type::now();
  EXPECT_EQ(outcome("hang", 300ms), "died timeout");
  EXPECT_LT(clock_type::now() - begun, 10s);
}

TEST_F(FaultsTest, SpinEndsAtTheProcessorTime) {
  EXPECT_EQ(outcome("spin", 60s), "died timeout");
}

TEST_F(FaultsTest, HungerEndsAtTheGrant) {
  EXPECT_EQ(outcome("memory"), "refused too_large");
}

TEST_F(FaultsTest, SlowFileIsConverted) {
  EXPECT_EQ(outcome("slow"), "none");
}

TEST_F(FaultsTest, PidfdStopsTheWorkFromOutside) {
  auto process = start();
  std::thread stopper{
    [fd = process.pidfd()] { ::syscall(SYS_pidfd_send_signal, fd, SIGKILL, nullptr, 0); }};
  auto said = outcome_of(process, "hang", 20s);
  EXPECT_NE(said.find("died decoder_crashed"), std::string::npos) << said;
  stopper.join();
}

} // namespace
} // namespace convertd

#endif
