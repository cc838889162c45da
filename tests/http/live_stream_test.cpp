#include "http/live_stream.hpp"

#include <gtest/gtest.h>

#include <deque>
#include <sys/socket.h>

namespace convertd {

namespace {

/// Says what the test gives it.
class script : public live_answer {
public:
  explicit script(std::deque<std::pair<std::string, more>>& lines) : lines_{&lines} {}

  more next(std::string& out) override {
    if (lines_->empty())
      return more::later;
    auto [text, after] = lines_->front();
    lines_->pop_front();
    out += text;
    return after;
  }

private:
  std::deque<std::pair<std::string, more>>* lines_;
};

class LiveStream : public testing::Test {
protected:
  LiveStream() {
    int ends[2];
    checked(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends), "make sockets");
    ours = owned_fd{ends[0]};
    theirs = owned_fd{ends[1]};
  }
  live_stream make(bool chunked) {
    return {std::make_unique<script>(lines), "head\n", chunked};
  }
  std::string received() {
    std::string out(1 << 20, '\0');
    auto got = ::recv(theirs.get(), out.data(), out.size(), MSG_DONTWAIT);
    out.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
    return out;
  }

  std::deque<std::pair<std::string, live_answer::more>> lines;
  owned_fd ours;
  owned_fd theirs;
  steady_time now = std::chrono::steady_clock::now();
};

using more = live_answer::more;
using state = live_stream::state;

} // namespace

TEST_F(LiveStream, SendsItsHeadAndThenWhatIsNew) {
  lines = {{"one", more::now}, {"two", more::later}};
  auto stream = make(false);
  EXPECT_EQ(stream.advance(ours.get(), false, now), state::waits);
  EXPECT_EQ(received(), "head\nonetwo");
  EXPECT_EQ(stream.advance(ours.get(), false, now), state::waits);
  EXPECT_EQ(received(), "");
  lines = {{"three", more::never}};
  EXPECT_EQ(stream.advance(ours.get(), false, now), state::ended);
  EXPECT_EQ(received(), "three");
  EXPECT_EQ(stream.bytes_sent(), 16U);
}

TEST_F(LiveStream, LooksOnceATurn) {
  lines = {{"one", more::later}, {"two", more::later}};
  auto stream = make(false);
  EXPECT_EQ(stream.advance(ours.get(), false, now), state::waits);
  EXPECT_EQ(received(), "head\none");
}

TEST_F(LiveStream, SaysThatItIsThereWhenNothingHappens) {
  auto stream = make(true);
  EXPECT_EQ(stream.advance(ours.get(), false, now), state::waits);
  EXPECT_EQ(stream.next_comment(), now + live_comment_after);
  received();
  now += live_comment_after - std::chrono::milliseconds{1};
  EXPECT_EQ(stream.advance(ours.get(), false, now), state::waits);
  EXPECT_EQ(received(), "");
  now += std::chrono::milliseconds{1};
  EXPECT_EQ(stream.advance(ours.get(), false, now), state::waits);
  EXPECT_EQ(received(), "f\r\n: still there\n\n\r\n");
  EXPECT_EQ(stream.next_comment(), now + live_comment_after);
}

TEST_F(LiveStream, SendsChunksAndTheirEnd) {
  lines = {{"0123456789abcdef", more::never}};
  auto stream = make(true);
  EXPECT_EQ(stream.advance(ours.get(), false, now), state::ended);
  EXPECT_EQ(received(), "head\n10\r\n0123456789abcdef\r\n0\r\n\r\n");
}

TEST_F(LiveStream, EndsInsteadOfWaitingAtTheLastCall) {
  lines = {{"one", more::now}, {"two", more::later}};
  auto stream = make(true);
  EXPECT_EQ(stream.advance(ours.get(), true, now), state::ended);
  EXPECT_EQ(received(), "head\n3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n");
}

TEST_F(LiveStream, KeepsAPieceAtMostForAClientThatReadsSlowly) {
  std::string expected = "head\n";
  for (char each = 'a'; each < 'a' + 20; ++each) {
    lines.emplace_back(std::string(100'000, each), more::now);
    expected += lines.back().first;
  }
  lines.emplace_back("", more::never);
  auto stream = make(false);
  std::string got;
  auto turn = state::busy;
  while (turn != state::ended) {
    turn = stream.advance(ours.get(), false, now);
    ASSERT_NE(turn, state::broken);
    auto before = lines.size();
    if (turn == state::blocked) { // what was not said yet stays unsaid
      EXPECT_EQ(stream.advance(ours.get(), false, now), state::blocked);
      EXPECT_EQ(lines.size(), before);
    }
    for (auto some = received(); !some.empty(); some = received())
      got += some;
  }
  EXPECT_EQ(got, expected);
}

TEST_F(LiveStream, NoticesThatTheClientIsGone) {
  lines = {{"one", more::later}};
  theirs = owned_fd{};
  auto stream = make(false);
  EXPECT_EQ(stream.advance(ours.get(), false, now), state::broken);
}

} // namespace convertd
