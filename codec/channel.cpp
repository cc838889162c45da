#include "codec/channel.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <poll.h>
#include <sys/socket.h>
#include <system_error>
#include <vector>

namespace convertd {

namespace {

constexpr std::size_t fds_max = 4; // that one datagram can bring; we use two

union control_space {
  cmsghdr align;
  char bytes[CMSG_SPACE(sizeof(int) * fds_max)];
};

void put_fds(msghdr& message, control_space& space, std::initializer_list<int> fds) {
  message.msg_control = space.bytes;
  message.msg_controllen = CMSG_SPACE(sizeof(int) * fds.size());
  auto* head = CMSG_FIRSTHDR(&message);
  head->cmsg_level = SOL_SOCKET;
  head->cmsg_type = SCM_RIGHTS;
  head->cmsg_len = CMSG_LEN(sizeof(int) * fds.size());
  std::memcpy(CMSG_DATA(head), std::data(fds), sizeof(int) * fds.size());
}

void take_fds(msghdr& message, datagram& into) {
  std::size_t taken = 0;
  for (auto* head = CMSG_FIRSTHDR(&message); head != nullptr; head = CMSG_NXTHDR(&message, head)) {
    if (head->cmsg_level != SOL_SOCKET || head->cmsg_type != SCM_RIGHTS)
      continue;
    auto count = (head->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (std::size_t i = 0; i < count; ++i) {
      int fd = -1;
      std::memcpy(&fd, CMSG_DATA(head) + i * sizeof fd, sizeof fd);
      unique_fd owned{fd};
      if (taken < into.fds.size())
        into.fds[taken++] = std::move(owned);
    }
  }
}

int milliseconds_until(deadline_clock::time_point deadline) {
  using namespace std::chrono;
  auto left = ceil<milliseconds>(deadline - deadline_clock::now()).count();
  return static_cast<int>(std::clamp<std::int64_t>(left, 0, 1'000'000));
}

} // namespace

socket_pair make_socket_pair() {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
    throw std::system_error(errno, std::generic_category(), "socketpair");
  return {unique_fd{ends[0]}, unique_fd{ends[1]}};
}

bool send_bytes(int socket, std::span<const std::byte> bytes, std::initializer_list<int> fds) {
  iovec part{const_cast<std::byte*>(bytes.data()), bytes.size()};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  control_space space{};
  if (fds.size() != 0)
    put_fds(message, space, fds);
  constexpr auto flags = MSG_NOSIGNAL | MSG_DONTWAIT;
  ssize_t sent = -1;
  do { // a child may not send descriptors, so it may not call sendmsg
    sent = fds.size() == 0 ? ::send(socket, bytes.data(), bytes.size(), flags)
                           : ::sendmsg(socket, &message, flags);
  } while (sent < 0 && errno == EINTR);
  return sent == static_cast<ssize_t>(bytes.size());
}

std::optional<datagram> receive_bytes(int socket) {
  datagram x;
  iovec part{x.bytes.data(), x.bytes.size()};
  control_space space{};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = space.bytes;
  message.msg_controllen = sizeof space.bytes;
  ssize_t got = -1;
  do {
    got = ::recvmsg(socket, &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
  } while (got < 0 && errno == EINTR);
  if (got <= 0)
    return std::nullopt;
  x.size = static_cast<std::size_t>(got);
  take_fds(message, x);
  return x;
}

std::optional<std::size_t> wait_any(std::initializer_list<int> sockets,
                                    deadline_clock::time_point deadline) {
  std::vector<pollfd> polled;
  for (auto socket : sockets)
    polled.push_back({.fd = socket, .events = POLLIN, .revents = 0});
  for (;;) {
    auto ready = ::poll(polled.data(), polled.size(), milliseconds_until(deadline));
    if (ready < 0 && errno != EINTR)
      return std::nullopt;
    for (std::size_t i = 0; ready > 0 && i < polled.size(); ++i)
      if (polled[i].revents != 0)
        return i;
    if (ready == 0 && deadline_clock::now() >= deadline)
      return std::nullopt;
  }
}

} // namespace convertd
