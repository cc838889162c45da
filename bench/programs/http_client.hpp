// One connection to 127.0.0.1 that is kept, one request at a time. Understands answers with a
// Content-Length, which is what both servers send.
#pragma once

#include <string>
#include <string_view>

namespace convertd::bench {

/// Throws std::runtime_error.
class http_client {
public:
  explicit http_client(int port);
  ~http_client();
  http_client(const http_client&) = delete;
  http_client& operator=(const http_client&) = delete;

  /// Sends a whole request; returns the status.
  int ask(std::string_view request);
  /// Of the last answer; until the next request.
  std::string_view body() const {
    return std::string_view{received_}.substr(head_, length_);
  }

private:
  void send(std::string_view bytes) const;
  void receive();

  int fd_ = -1;
  std::string received_;
  std::size_t head_ = 0;
  std::size_t length_ = 0;
};

} // namespace convertd::bench
