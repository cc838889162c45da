// Datagrams with descriptors over SOCK_SEQPACKET pairs, with deadlines.
#pragma once

#include "codec/fd.hpp"
#include "codec/message.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstring>
#include <initializer_list>
#include <optional>
#include <span>

namespace convertd {

struct socket_pair {
  unique_fd ours;
  unique_fd theirs;
};

/// Close-on-exec. Throws std::system_error.
socket_pair make_socket_pair();

/// One datagram as it came, with at most two descriptors; more are closed.
struct datagram {
  std::array<std::byte, message_bytes_max> bytes{};
  std::size_t size = 0;
  std::array<unique_fd, 2> fds;
};

/// Sends without waiting and without SIGPIPE. False: the other side is gone, or its queue is full.
bool send_bytes(int socket, std::span<const std::byte> bytes, std::initializer_list<int> fds);

/// Takes the next datagram without waiting. Nothing: there is none, or the other side is gone.
std::optional<datagram> receive_bytes(int socket);

template <class T>
bool send_message(int socket, const T& x, std::initializer_list<int> fds = {}) {
  return send_bytes(socket, std::as_bytes(std::span{&x, 1}), fds);
}

/// The message in a datagram; nothing if it is of another kind, size or version.
template <class T>
std::optional<T> as(const datagram& x) {
  T message;
  if (x.size != sizeof message)
    return std::nullopt;
  std::memcpy(static_cast<void*>(&message), x.bytes.data(), sizeof message);
  const auto& head = message.head;
  if (head.magic != message_magic || head.version != message_version || head.kind != T::kind)
    return std::nullopt;
  return message;
}

using deadline_clock = std::chrono::steady_clock;

/// Waits until one of the sockets has something to say or is closed. The index of the first in
/// order that has; nothing at the deadline.
std::optional<std::size_t> wait_any(std::initializer_list<int> sockets,
                                    deadline_clock::time_point deadline);

} // namespace convertd
