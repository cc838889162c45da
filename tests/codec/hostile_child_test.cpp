// The test plays zygote and child, and says what a hijacked child might say.
#include "codec/channel.hpp"
#include "tests/codec/codec_fixture.hpp"

#include <csignal>
#include <functional>
#include <poll.h>
#include <sys/syscall.h>
#include <sys/wait.h>

namespace convertd {
namespace {

/// A zygote with one child that only waits to be killed; the test speaks in its place.
class HostileChildTest : public testing::Test {
protected:
  void SetUp() override {
    child_ = ::fork();
    if (child_ == 0)
      for (;;)
        ::pause();
    pidfd_ = unique_fd{static_cast<int>(::syscall(SYS_pidfd_open, child_, 0))};
  }
  void TearDown() override {
    ::kill(child_, SIGKILL);
    ::waitpid(child_, nullptr, 0);
  }

  /// Takes one start message, answers it, and then serves the channel with `talk`.
  std::string probe_outcome(std::function<void(int)> talk) {
    auto control = make_socket_pair();
    std::thread zygote{[&] { play_zygote(control.theirs.get(), talk); }};
    auto said = probe_with(control.ours.get());
    zygote.join();
    return said;
  }

  /// The same for a file that may go at once.
  std::string at_once_outcome(std::function<void(int)> talk) {
    at_once_ = true;
    return probe_outcome(std::move(talk));
  }

  bool child_was_killed() {
    pollfd polled{.fd = pidfd_.get(), .events = POLLIN, .revents = 0};
    return ::poll(&polled, 1, 5'000) == 1;
  }

  bool alive_ = false;

private:
  std::string probe_with(int control) {
    auto started = codec_process::start(control, soon());
    auto* process = std::get_if<codec_process>(&started);
    if (process == nullptr)
      return fault_of(started);
    codec_order order;
    order.source_format = image_format::png;
    order.source_length = 1;
    order.what.target = image_format::png;
    auto source = memory_file("x");
    auto output = memory_file("x");
    auto said = at_once_
                  ? fault_of(process->convert_at_once(order, source.get(), output.get(), soon(2s)))
                  : fault_of(process->probe(order, source.get(), soon(2s)));
    alive_ = process->alive();
    return said;
  }

  void play_zygote(int control, const std::function<void(int)>& talk) {
    wait_any({control}, soon());
    auto request = receive_bytes(control);
    ASSERT_TRUE(request && as<start_message>(*request));
    started_message started;
    started.pid = child_;
    started.uid = ::getuid();
    started.gid = ::getgid();
    send_message(request->fds[1].get(), started, {pidfd_.get()});
    auto channel = request->fds[0].get();
    send_message(channel, ready_message{});
    wait_any({channel}, soon());
    receive_bytes(channel);
    talk(channel);
    child_was_killed(); // keeps the report open until then
  }

  pid_t child_ = -1;
  unique_fd pidfd_;
  bool at_once_ = false;
};

header_message header() {
  return to_message(image_header{.format = image_format::png, .width = 4, .height = 4});
}

TEST_F(HostileChildTest, HonestHeaderIsTaken) {
  EXPECT_EQ(probe_outcome([](int channel) { send_message(channel, header()); }), "none");
}

whole_message whole(std::uint32_t side, std::uint64_t size) {
  return to_message(
    at_once_answer{.header = {.format = image_format::png, .width = side, .height = side},
                   .result = codec_result{.size = size, .width = side, .height = side}});
}

TEST_F(HostileChildTest, HonestResultThatCameAtOnceIsTaken) {
  EXPECT_EQ(at_once_outcome([](int channel) { send_message(channel, whole(4, 1)); }), "none");
}

TEST_F(HostileChildTest, ResultAtOnceOfALargePictureKillsIt) {
  EXPECT_EQ(at_once_outcome([](int channel) { send_message(channel, whole(1'000, 1)); }),
            "died decoder_crashed");
  EXPECT_TRUE(child_was_killed());
}

TEST_F(HostileChildTest, ResultAtOnceThatIsNotThereKillsIt) {
  EXPECT_EQ(at_once_outcome([](int channel) { send_message(channel, whole(4, 2)); }),
            "died decoder_crashed");
}

TEST_F(HostileChildTest, ResultWhereOnlyAHeaderWasAskedForKillsIt) {
  EXPECT_EQ(probe_outcome([](int channel) { send_message(channel, whole(4, 1)); }),
            "died decoder_crashed");
}

TEST_F(HostileChildTest, WrongSizeKillsIt) {
  EXPECT_EQ(
    probe_outcome([](int channel) { send_bytes(channel, std::as_bytes(std::span{"hello"}), {}); }),
    "died decoder_crashed");
  EXPECT_FALSE(alive_);
  EXPECT_TRUE(child_was_killed());
}

TEST_F(HostileChildTest, LongMessageKillsIt) {
  std::string text(100'000, 'x');
  EXPECT_EQ(
    probe_outcome([&](int channel) { send_bytes(channel, std::as_bytes(std::span{text}), {}); }),
    "died decoder_crashed");
}

TEST_F(HostileChildTest, WrongKindKillsIt) {
  EXPECT_EQ(probe_outcome([](int channel) {
              send_message(channel, to_message(codec_result{.size = 1, .width = 1, .height = 1}));
            }),
            "died decoder_crashed");
  EXPECT_TRUE(child_was_killed());
}

TEST_F(HostileChildTest, ValueOutOfRangeKillsIt) {
  EXPECT_EQ(probe_outcome([](int channel) {
              auto x = header();
              x.orientation = 99;
              send_message(channel, x);
            }),
            "died decoder_crashed");
}

TEST_F(HostileChildTest, AnotherFormatThanAskedKillsIt) {
  EXPECT_EQ(probe_outcome([](int channel) {
              auto x = header();
              x.format = static_cast<std::uint8_t>(image_format::jpg);
              send_message(channel, x);
            }),
            "died decoder_crashed");
}

TEST_F(HostileChildTest, BlamingTheServerKillsIt) {
  EXPECT_EQ(probe_outcome([](int channel) {
              failure x;
              x.code = ec::internal;
              send_message(channel, to_message(x));
            }),
            "died decoder_crashed");
}

TEST_F(HostileChildTest, DescriptorsThatComeAlongAreClosed) {
  auto file = memory_file("x");
  auto before = open_descriptors();
  EXPECT_EQ(probe_outcome([&](int channel) {
              send_message(channel, header(), {file.get(), file.get(), file.get()});
            }),
            "none");
  EXPECT_EQ(open_descriptors(), before);
}

TEST_F(HostileChildTest, SilenceEndsAtTheDeadline) {
  auto begun = clock_type::now();
  EXPECT_EQ(probe_outcome([](int) {}), "died timeout");
  EXPECT_GE(clock_type::now() - begun, 2s);
  EXPECT_TRUE(child_was_killed());
}

} // namespace
} // namespace convertd
