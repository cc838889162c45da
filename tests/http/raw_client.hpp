// A client that says exactly what a test wants said, over a real loopback socket.
#pragma once

#include "http/text.hpp"
#include "storage/fd.hpp"

#include <arpa/inet.h>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <netinet/in.h>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <sys/time.h>

namespace convertd {

struct raw_response {
  int status = 0; ///< 0: the connection ended, or nothing came for ten seconds.
  std::map<std::string, std::string> headers; ///< Names in lower case.
  std::string body;
  bool whole = false; ///< The body ended where it should.

  std::string header(const std::string& name) const {
    auto found = headers.find(name);
    return found == headers.end() ? std::string{} : found->second;
  }
};

class raw_client {
public:
  explicit raw_client(std::uint16_t port) {
    socket_ = owned_fd{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    timeval limit{10, 0};
    ::setsockopt(socket_.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    ::setsockopt(socket_.get(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ =
      ::connect(socket_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  }

  bool connected() const {
    return connected_;
  }

  bool send(std::string_view text) {
    while (!text.empty()) {
      auto sent = ::send(socket_.get(), text.data(), text.size(), MSG_NOSIGNAL);
      if (sent <= 0)
        return false;
      text.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }

  /// The next response. `head_only`: the answer to HEAD.
  raw_response receive(bool head_only = false) {
    raw_response out;
    std::size_t end = 0;
    while ((end = buffer_.find("\r\n\r\n")) == std::string::npos)
      if (!more())
        return out;
    read_head(buffer_.substr(0, end + 2), out);
    buffer_.erase(0, end + 4);
    if (out.status == 100)
      return out;
    if (out.header("transfer-encoding") == "chunked")
      read_chunks(out);
    else if (head_only || out.status == 304)
      out.whole = true;
    else if (out.headers.count("content-length") > 0)
      read_sized(out, std::stoull(out.header("content-length")));
    else
      read_rest(out);
    return out;
  }

  raw_response ask(std::string_view request) {
    send(request);
    return receive();
  }

  /// True if the server ends the connection without another byte.
  bool ends() {
    return buffer_.empty() && !more() && ended_;
  }

  void finish_sending() {
    ::shutdown(socket_.get(), SHUT_WR);
  }

private:
  bool more() {
    char bytes[16 * 1024];
    auto got = ::recv(socket_.get(), bytes, sizeof bytes, 0);
    if (got > 0)
      buffer_.append(bytes, static_cast<std::size_t>(got));
    ended_ = got == 0;
    return got > 0;
  }

  static void read_head(std::string_view text, raw_response& out) {
    auto line = text.substr(0, text.find("\r\n"));
    out.status = std::atoi(std::string{line.substr(9, 3)}.c_str());
    for (text.remove_prefix(line.size() + 2); !text.empty(); text.remove_prefix(line.size() + 2)) {
      line = text.substr(0, text.find("\r\n"));
      auto value = line;
      std::string name{take_until(value, ':')};
      for (auto& each : name)
        each = static_cast<char>(std::tolower(static_cast<unsigned char>(each)));
      out.headers[name] = std::string{trimmed(value)};
    }
  }

  void read_sized(raw_response& out, std::size_t size) {
    while (buffer_.size() < size)
      if (!more())
        break;
    out.whole = buffer_.size() >= size;
    out.body = buffer_.substr(0, size);
    buffer_.erase(0, size);
  }

  void read_rest(raw_response& out) {
    while (more()) {
    }
    out.body.swap(buffer_);
    out.whole = true;
  }

  void read_chunks(raw_response& out) {
    for (;;) {
      std::size_t end = 0;
      while ((end = buffer_.find("\r\n")) == std::string::npos)
        if (!more())
          return;
      auto size = std::strtoull(buffer_.c_str(), nullptr, 16);
      buffer_.erase(0, end + 2);
      while (buffer_.size() < size + 2)
        if (!more())
          return;
      out.body += buffer_.substr(0, size);
      buffer_.erase(0, size + 2);
      if (size == 0) {
        out.whole = true;
        return;
      }
    }
  }

  owned_fd socket_;
  std::string buffer_;
  bool connected_ = false;
  bool ended_ = false;
};

/// A request without a body on a connection that stays open.
inline std::string get(std::string_view target, std::string_view fields = {}) {
  return "GET " + std::string{target} + " HTTP/1.1\r\nHost: test\r\n" + std::string{fields}
         + "\r\n";
}

inline std::string post(std::string_view target, std::string_view body,
                        std::string_view fields = {}) {
  return "POST " + std::string{target} + " HTTP/1.1\r\nHost: test\r\nContent-Length: "
         + std::to_string(body.size()) + "\r\n" + std::string{fields} + "\r\n" + std::string{body};
}

} // namespace convertd
