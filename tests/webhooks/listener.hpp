// A receiver on loopback that counts who connects, and answers as a test wants it to.
#pragma once

#include <arpa/inet.h>
#include <atomic>
#include <functional>
#include <netinet/in.h>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <system_error>
#include <thread>
#include <unistd.h>

namespace convertd {

class listener {
public:
  /// Called with each connection and what came on it first; closes nothing itself.
  using behaviour = std::function<void(int socket, const std::string& request)>;

  explicit listener(const char* address = "::", std::uint16_t port = 0,
                    behaviour how = answer("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"))
    : how_{std::move(how)} {
    sockaddr_in6 at{};
    at.sin6_family = AF_INET6;
    at.sin6_port = htons(port);
    inet_pton(AF_INET6, address, &at.sin6_addr);
    socket_ = ::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int off = 0;
    ::setsockopt(socket_, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off); // 127.0.0.0/8 too
    socklen_t size = sizeof at;
    auto* generic = reinterpret_cast<sockaddr*>(&at);
    if (::bind(socket_, generic, size) != 0 || ::listen(socket_, 512) != 0
        || ::getsockname(socket_, generic, &size) != 0)
      throw std::system_error{errno, std::generic_category(), "listen"};
    port_ = ntohs(at.sin6_port);
    thread_ = std::thread{[this] { run(); }};
  }
  ~listener() {
    ::shutdown(socket_, SHUT_RDWR);
    thread_.join();
    ::close(socket_);
  }

  std::uint16_t port() const {
    return port_;
  }
  int accepted() const {
    return accepted_;
  }
  /// Of the last connection; read it once post() has returned.
  std::string request() const {
    return request_;
  }

  static behaviour answer(std::string text) {
    return [text = std::move(text)](int socket, const std::string&) {
      static_cast<void>(::send(socket, text.data(), text.size(), MSG_NOSIGNAL));
    };
  }

private:
  void run() {
    for (;;) {
      int socket = ::accept4(socket_, nullptr, nullptr, SOCK_CLOEXEC);
      if (socket < 0)
        return;
      ++accepted_;
      request_ = read_request(socket);
      how_(socket, request_);
      ::close(socket);
    }
  }

  static std::string read_request(int socket) {
    std::string out;
    char buffer[256 * 1024];
    while (!whole(out)) {
      auto got = ::recv(socket, buffer, sizeof buffer, 0);
      if (got <= 0)
        break;
      out.append(buffer, static_cast<std::size_t>(got));
    }
    return out;
  }

  static bool whole(const std::string& text) {
    constexpr std::string_view name = "Content-Length: ";
    auto end = text.find("\r\n\r\n");
    auto length = text.find(name);
    return end != text.npos && length != text.npos
           && text.size() >= end + 4 + std::stoul(text.substr(length + name.size()));
  }

  behaviour how_;
  int socket_ = -1;
  std::uint16_t port_ = 0;
  std::atomic<int> accepted_ = 0;
  std::string request_;
  std::thread thread_;
};

} // namespace convertd
