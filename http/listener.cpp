#include "http/listener.hpp"

#include <arpa/inet.h>
#include <cstring>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdexcept>
#include <sys/socket.h>

namespace convertd {

namespace {

struct socket_address {
  sockaddr_storage storage{};
  socklen_t size = 0;

  sockaddr* any() {
    return reinterpret_cast<sockaddr*>(&storage);
  }
};

socket_address to_socket_address(const std::string& text, std::uint16_t port) {
  socket_address out;
  auto* v4 = reinterpret_cast<sockaddr_in*>(&out.storage);
  auto* v6 = reinterpret_cast<sockaddr_in6*>(&out.storage);
  if (inet_pton(AF_INET, text.c_str(), &v4->sin_addr) == 1) {
    v4->sin_family = AF_INET;
    v4->sin_port = htons(port);
    out.size = sizeof *v4;
  } else if (inet_pton(AF_INET6, text.c_str(), &v6->sin6_addr) == 1) {
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(port);
    out.size = sizeof *v6;
  } else {
    throw std::invalid_argument{"not an IPv4 or IPv6 address: " + text};
  }
  return out;
}

peer_address peer_of(const socket_address& from) {
  peer_address out;
  if (from.storage.ss_family == AF_INET) {
    auto* v4 = reinterpret_cast<const sockaddr_in*>(&from.storage);
    out.bytes[10] = out.bytes[11] = 0xff;
    std::memcpy(&out.bytes[12], &v4->sin_addr, 4);
  } else if (from.storage.ss_family == AF_INET6) {
    auto* v6 = reinterpret_cast<const sockaddr_in6*>(&from.storage);
    std::memcpy(out.bytes.data(), &v6->sin6_addr, out.bytes.size());
  }
  return out;
}

void set_option(int socket, int level, int option, int value, const char* what) {
  checked(::setsockopt(socket, level, option, &value, sizeof value), what);
}

} // namespace

owned_fd open_listener(const front_options& from) {
  if (from.listen_fd >= 0) {
    int flags = checked(::fcntl(from.listen_fd, F_GETFL), "use the inherited socket");
    checked(::fcntl(from.listen_fd, F_SETFL, flags | O_NONBLOCK), "use the inherited socket");
    checked(::fcntl(from.listen_fd, F_SETFD, FD_CLOEXEC), "use the inherited socket");
    return owned_fd{from.listen_fd};
  }
  auto address = to_socket_address(from.address, from.port);
  owned_fd listener{
    checked(::socket(address.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0),
            "make the listening socket")};
  set_option(listener.get(), SOL_SOCKET, SO_REUSEADDR, 1, "set SO_REUSEADDR");
  checked(::bind(listener.get(), address.any(), address.size), "bind the listening socket");
  checked(::listen(listener.get(), from.backlog), "listen");
  return listener;
}

std::uint16_t port_of(int listener) {
  socket_address address;
  address.size = sizeof address.storage;
  checked(::getsockname(listener, address.any(), &address.size), "ask for the port");
  // Both families have the port in the same place.
  return ntohs(reinterpret_cast<sockaddr_in*>(&address.storage)->sin_port);
}

accepted accept_from(int listener) {
  socket_address address;
  address.size = sizeof address.storage;
  int fd = ::accept4(listener, address.any(), &address.size, SOCK_CLOEXEC | SOCK_NONBLOCK);
  if (fd < 0)
    return {};
  accepted out{owned_fd{fd}, peer_of(address)};
  int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on); // fails on a Unix socket: no matter
  return out;
}

} // namespace convertd
