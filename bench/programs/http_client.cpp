#include "bench/programs/http_client.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <cctype>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdexcept>
#include <sys/socket.h>
#include <unistd.h>

namespace convertd::bench {

namespace {

constexpr std::string_view end_of_head = "\r\n\r\n";

std::size_t length_in(std::string head) {
  std::ranges::transform(head, head.begin(), [](unsigned char c) { return std::tolower(c); });
  constexpr std::string_view name = "\r\ncontent-length:";
  auto at = head.find(name);
  if (at == std::string::npos)
    throw std::runtime_error{"an answer without a length: " + head};
  return std::stoul(head.substr(at + name.size()));
}

} // namespace

http_client::http_client(int port) : fd_{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)} {
  int on = 1;
  ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(static_cast<std::uint16_t>(port));
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(fd_, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0)
    throw std::runtime_error{"cannot connect"};
}

http_client::~http_client() {
  ::close(fd_);
}

int http_client::ask(std::string_view request) {
  send(request);
  received_.clear();
  auto end = std::string::npos;
  while (end == std::string::npos) {
    receive();
    end = received_.find(end_of_head);
  }
  head_ = end + end_of_head.size();
  length_ = length_in(received_.substr(0, head_));
  while (received_.size() < head_ + length_)
    receive();
  return std::stoi(received_.substr(std::string_view{"HTTP/1.1 "}.size(), 3));
}

void http_client::send(std::string_view bytes) const {
  while (!bytes.empty()) {
    auto sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0)
      throw std::runtime_error{"the connection was closed while a request was sent"};
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

void http_client::receive() {
  std::array<char, 16 * 1024> buffer;
  auto count = ::recv(fd_, buffer.data(), buffer.size(), 0);
  if (count <= 0)
    throw std::runtime_error{"the connection was closed before the answer"};
  received_.append(buffer.data(), static_cast<std::size_t>(count));
}

} // namespace convertd::bench
