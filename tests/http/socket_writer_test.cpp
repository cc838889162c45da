#include "http/socket_writer.hpp"
#include "storage/fd.hpp"

#include <gtest/gtest.h>

#include <array>
#include <sys/socket.h>

namespace convertd {
namespace {

TEST(SocketWriter, KeepsWhatTheSocketHasNoRoomFor) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()), 0);
  owned_fd ours{ends[0]}, theirs{ends[1]};
  std::string all;
  for (int i = 0; all.size() < 8'000'000; ++i)
    all += std::to_string(i) + " ";
  front_options bounds;
  socket_writer to{ours.get(), bounds, when_full::keep_rest};
  EXPECT_TRUE(to.write(std::string_view{all}.substr(0, 7'000'000)));
  EXPECT_TRUE(to.write(std::string_view{all}.substr(7'000'000)));
  EXPECT_TRUE(to.flush());
  EXPECT_FALSE(to.failed());
  auto rest = to.take_rest();
  EXPECT_EQ(to.bytes_sent() + rest.size(), all.size());
  ASSERT_GT(rest.size(), 0U);
  std::string arrived(to.bytes_sent(), '\0');
  ASSERT_EQ(::recv(theirs.get(), arrived.data(), arrived.size(), MSG_WAITALL),
            static_cast<ssize_t>(arrived.size()));
  EXPECT_TRUE(arrived + rest == all);
}

} // namespace
} // namespace convertd
