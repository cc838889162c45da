// The lock as a hijacked child would find it, and the test of it as the server makes it.
#include "codec/channel.hpp"
#include "codec/forbidden_acts.hpp"
#include "codec/self_test.hpp"
#include "tests/codec/codec_fixture.hpp"
#include "tests/support/temp_dir.hpp"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <set>
#include <sys/wait.h>

namespace convertd {
namespace {

codec_options plain_options() {
  codec_options x;
  x.program = CONVERTD_CODEC_PROGRAM;
  return x;
}

codec_options trial(codec_options x) {
  x.program += "-trial";
  return x;
}

/// Root lets children change to a user of their own.
codec_options nobody_options() {
  auto x = plain_options();
  x.uid = 65534;
  x.gid = 65534;
  return x;
}

std::string all_of(const std::vector<std::string>& lines) {
  std::string text;
  for (const auto& line : lines)
    text += line + "\n";
  return text;
}

self_test_report tested(const codec_options& options) {
  temp_dir folder;
  return codec_self_test(trial(options), folder.path(), soon());
}

TEST(SelfTest, EveryForbiddenActIsRefused) {
  auto report = tested(plain_options());
  EXPECT_EQ(report.trouble, "");
  EXPECT_EQ(all_of(report.breaches), "");
  EXPECT_EQ(report.held.size(), report.acts);
  EXPECT_GE(report.acts, 60u);
  EXPECT_TRUE(report.passed());
  EXPECT_EQ(complaint(report), "");
}

TEST(SelfTest, PassesWithAUserOfItsOwn) {
  if (::geteuid() != 0)
    GTEST_SKIP() << "needs root";
  auto report = tested(nobody_options());
  EXPECT_EQ(report.trouble, "");
  EXPECT_EQ(all_of(report.breaches), "");
}

TEST(SelfTest, HoldsForChildrenOfTheZygoteThatConvertsAndLeavesItUsable) {
  zygote_keeper keeper{plain_options()};
  temp_dir folder;
  auto pid = keeper.pid();
  auto before = open_descriptors();
  EXPECT_TRUE(codec_self_test(keeper.control(), folder.path(), soon()).passed());
  EXPECT_EQ(open_descriptors(), before);
  EXPECT_EQ(keeper.pid(), pid);
  EXPECT_EQ(fault_of(codec_process::start(keeper.control(), soon())), "none");
}

TEST(SelfTest, LeavesNoDescriptorAndNoProcess) {
  temp_dir folder;
  auto before = open_descriptors();
  EXPECT_TRUE(codec_self_test(trial(plain_options()), folder.path(), soon()).passed());
  EXPECT_EQ(open_descriptors(), before);
  EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1);
  EXPECT_EQ(errno, ECHILD);
}

TEST(SelfTest, ProgramThatIsMissingOrEndsIsTrouble) {
  for (const auto* program : {"/no/such/program", "/bin/true"}) {
    codec_options options;
    options.program = program;
    auto report = codec_self_test(options, "/tmp", soon());
    EXPECT_NE(report.trouble, "") << program;
  }
}

TEST(SelfTest, ZygoteThatIsGoneIsTrouble) {
  auto pair = make_socket_pair();
  pair.theirs.reset();
  auto report = codec_self_test(pair.ours.get(), "/tmp", soon());
  EXPECT_FALSE(report.passed());
  EXPECT_NE(complaint(report).find("could not be tested"), std::string::npos);
}

TEST(SelfTest, ZygoteThatIsSilentIsTroubleAtTheDeadline) {
  auto pair = make_socket_pair();
  auto report = codec_self_test(pair.ours.get(), "/tmp", soon(50ms));
  EXPECT_NE(report.trouble.find("in time"), std::string::npos) << report.trouble;
}

TEST(SelfTest, ComplaintNamesTheActAndSaysWhereToLook) {
  self_test_report x;
  x.acts = 68;
  x.breaches = {"fork", "mount"};
  EXPECT_EQ(
    complaint(x).find("The lock of the codec processes does not hold: one could fork, and 1 "
                      "of 67 other forbidden acts. convertd does not start"),
    0u);
  EXPECT_NE(complaint(x).find("docs/security.md"), std::string::npos);
}

TEST(SelfTest, OldKernelsLackIsSaidLayerByLayer) {
  EXPECT_EQ(missing_walls(0).size(), 3u);
  EXPECT_EQ(missing_walls(2).size(), 2u);
  EXPECT_EQ(missing_walls(4).size(), 1u);
  EXPECT_EQ(missing_walls(6).size(), 0u);
}

TEST(SelfTest, ActsAreToldApart) {
  std::set<std::string_view> names;
  for (const auto& act : forbidden_acts())
    EXPECT_TRUE(names.insert(act.what).second) << act.what;
}

std::string status_line(int pid, const std::string& name) {
  std::ifstream file{"/proc/" + std::to_string(pid) + "/status"};
  for (std::string line; std::getline(file, line);)
    if (line.starts_with(name + ":\t"))
      return line.substr(name.size() + 2);
  return "no such line";
}

TEST(SelfTest, KernelSaysThatAServingChildIsLocked) {
  auto root = ::geteuid() == 0;
  zygote_keeper keeper{root ? nobody_options() : plain_options()};
  auto answer = codec_process::start(keeper.control(), soon());
  ASSERT_EQ(fault_of(answer), "none");
  auto pid = std::get<codec_process>(answer).pid();
  EXPECT_EQ(status_line(pid, "NoNewPrivs"), "1");
  EXPECT_EQ(status_line(pid, "Seccomp"), "2");
  EXPECT_EQ(status_line(pid, "Threads"), "1");
  EXPECT_EQ(status_line(pid, "CapEff"), std::string(16, '0'));
  if (root) {
    EXPECT_EQ(status_line(pid, "Uid"), "65534\t65534\t65534\t65534");
    EXPECT_EQ(status_line(pid, "Groups").find_first_not_of(" "), std::string::npos);
  }
  EXPECT_EQ(status_line(keeper.pid(), "Seccomp"), "0"); // so the line does tell
}

#ifdef CONVERTD_TEST_HOOKS

/// The acts that a child could do with such a fault built in.
std::string breaches_with(const char* fault) {
  ::setenv("CONVERTD_FAULT", fault, 1);
  auto report = tested(::geteuid() == 0 ? nobody_options() : plain_options());
  ::unsetenv("CONVERTD_FAULT");
  EXPECT_EQ(report.trouble, "");
  EXPECT_FALSE(report.passed());
  return "\n" + all_of(report.breaches);
}

bool names(const std::string& breaches, const std::string& act) {
  return breaches.find("\n" + act + "\n") != std::string::npos;
}

TEST(SelfTest, ChildWithoutTheLockIsNoticed) {
  auto breaches = breaches_with("unlocked-codec");
  for (const auto* act :
       {"open a file for reading", "make a file in /tmp", "open an Internet socket", "fork",
        "bind an abstract socket", "map memory that is shared", "make memory executable",
        "raise its limits", "make itself dumpable", "make a memory file", "be traced",
        "open a file for reading, but for the filter", "listen by TCP, but for the filter"})
    EXPECT_TRUE(names(breaches, act)) << act << " is not among" << breaches;
  EXPECT_NE(breaches.find("\nrun a program ("), std::string::npos); // and was another one then
}

TEST(SelfTest, ChildWithoutTheFilterIsNoticed) {
  auto breaches = breaches_with("codec-without-filter");
  EXPECT_TRUE(names(breaches, "fork")) << breaches;
  EXPECT_EQ(breaches.find(", but for the filter"), std::string::npos) << breaches;
}

TEST(SelfTest, ChildWithoutLandlockIsNoticed) {
  if (tested(plain_options()).landlock == 0)
    GTEST_SKIP() << "this kernel has none";
  auto breaches = breaches_with("codec-without-landlock");
  EXPECT_TRUE(names(breaches, "open a file for reading, but for the filter")) << breaches;
  EXPECT_FALSE(names(breaches, "open a file for reading")) << breaches;
  EXPECT_FALSE(names(breaches, "fork")) << breaches;
}

#endif

} // namespace
} // namespace convertd
