#include "app/log_sink.hpp"
#include "storage/fd.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <fcntl.h>
#include <memory>
#include <optional>
#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <string>
#include <thread>
#include <unistd.h>

namespace convertd {
namespace {

using namespace std::chrono_literals;

class LogSinkTest : public testing::Test {
protected:
  void SetUp() override {
    make(log_gathering_time);
  }

  void make(std::chrono::milliseconds gathering) {
    if (sink)
      end();
    int ends[2];
    ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
    reader = owned_fd{ends[0]};
    writer = owned_fd{ends[1]};
    sink = std::make_shared<log_sink>(
      writer.get(), [](std::uint64_t lines) { return "lost " + std::to_string(lines); }, gathering);
    sink->set_formatter(std::make_unique<spdlog::pattern_formatter>("%v"));
    many.emplace(std::string{log_of_many}, sink);
    others.emplace("others", sink);
  }

  /// Lets go of everything that logs, which writes the rest.
  void end() {
    many.reset();
    others.reset();
    sink.reset();
    writer = owned_fd{};
  }

  /// What has been written and not read yet, without waiting.
  std::string written() {
    ::fcntl(reader.get(), F_SETFL, O_NONBLOCK);
    std::string text(1 << 16, '\0');
    auto n = ::read(reader.get(), text.data(), text.size());
    text.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
    return text;
  }

  std::string read_all() {
    ::fcntl(reader.get(), F_SETFL, 0);
    std::string all;
    std::string piece(1 << 16, '\0');
    for (ssize_t n = 0; (n = ::read(reader.get(), piece.data(), piece.size())) > 0;)
      all.append(piece, 0, static_cast<std::size_t>(n));
    return all;
  }

  owned_fd reader;
  owned_fd writer;
  std::shared_ptr<log_sink> sink;
  std::optional<spdlog::logger> many;
  std::optional<spdlog::logger> others;
};

TEST_F(LogSinkTest, ALineIsWrittenWhenItsLoggerGoesOn) {
  others->info("started");
  EXPECT_EQ(written(), "started\n");
}

TEST_F(LogSinkTest, LinesAreWrittenInTheOrderInWhichTheyCame) {
  many->info("request 1");
  many->info("request 2");
  others->error("failed");
  EXPECT_EQ(written(), "request 1\nrequest 2\nfailed\n");
}

TEST_F(LogSinkTest, LinesOfManyAreWrittenByThemselves) {
  many->info("request");
  std::string text(100, '\0');
  auto n = ::read(reader.get(), text.data(), text.size()); // waits for it
  EXPECT_EQ(text.substr(0, static_cast<std::size_t>(n)), "request\n");
}

TEST_F(LogSinkTest, NothingIsLostAtTheEnd) {
  many->info("the last request");
  end();
  EXPECT_EQ(read_all(), "the last request\n");
}

TEST_F(LogSinkTest, ASlowReaderCostsLinesAndHoldsNobodyUp) {
  const std::string line(1'000, 'x');
  constexpr auto lines = 5'000U; // more than the pipe and all that waits
  for (auto i = 0U; i < lines; ++i)
    many->info(line);
  std::thread ending{[this] { end(); }};
  auto all = read_all();
  ending.join();
  auto written = static_cast<std::size_t>(std::ranges::count(all, '\n'));
  std::size_t lost = 0;
  for (auto at = all.find("lost "); at != all.npos; at = all.find("lost ", at + 1)) {
    lost += std::stoul(all.substr(at + 5));
    --written;
  }
  EXPECT_GT(lost, 0U);
  EXPECT_EQ(lost + written, lines);
}

TEST_F(LogSinkTest, ManyLinesAreWrittenBeforeThereIsNoRoomForMore) {
  make(24h);
  constexpr std::size_t bytes = log_waiting_max * 3 / 4;
  for (std::size_t i = 0; i < bytes; i += 1'024)
    many->info(std::string(1'023, 'x'));
  std::string text(bytes, '\0');
  std::size_t got = 0;
  while (got < bytes / 2) { // for a day, if the sink waited for that
    auto n = ::read(reader.get(), text.data(), text.size());
    ASSERT_GT(n, 0);
    got += static_cast<std::size_t>(n);
  }
  std::thread ending{[this] { end(); }};
  EXPECT_EQ(got + read_all().size(), bytes);
  ending.join();
}

TEST_F(LogSinkTest, AnErrorOfManyIsWrittenAtOnce) {
  make(24h);
  many->info("request");
  many->error("request failed");
  std::string all;
  while (!all.ends_with("failed\n")) {
    std::string text(100, '\0');
    auto n = ::read(reader.get(), text.data(), text.size());
    ASSERT_GT(n, 0);
    all.append(text, 0, static_cast<std::size_t>(n));
  }
  EXPECT_EQ(all, "request\nrequest failed\n");
}

TEST_F(LogSinkTest, WhoeverWaitsForAReaderThatIsStuckDoesNotDoSoForEver) {
  many->info(std::string(log_waiting_max / 2, 'x')); // more than the pipe takes
  others->warn("somebody should read this");         // nobody does
  auto reading = std::thread{[this] { end(); }};
  EXPECT_TRUE(read_all().ends_with("somebody should read this\n"));
  reading.join();
}

} // namespace
} // namespace convertd
