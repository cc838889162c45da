// cpp-httplib, as far as it is used: it takes the target of a request apart and writes the answer.
//
// Its listen(), its thread pool and its reading of bodies are never used; what is wrong with them
// in the versions that Debian ships is in docs/dependencies.md. It gets a head that we have checked
// and cut down to the request line, through a stream of ours, so that nothing of the client's head
// makes it compress, cut ranges, or close. The difference between version 0.11 (Debian 12) and 0.18
// (Debian 13) is in httplib_engine.cpp alone.
#pragma once

#include "http/exchange.hpp"

#include <cstdint>
#include <memory>
#include <string>

namespace convertd {

struct serve_result {
  bool sent = false;  ///< The answer went out as a whole.
  bool closes = true; ///< The client was told that the connection ends here.
  int status = 0;
  std::uint64_t bytes = 0; ///< Sent, head included.
  std::string rest;        ///< From the event loop: what the socket had no room for.
};

/// Serves requests one after the other; every worker has its own.
class httplib_engine {
public:
  explicit httplib_engine(const front_options& bounds);
  ~httplib_engine();

  /// Calls `handler` and sends what it replied; nothing is sent if the request was parked.
  /// `last`: announce that the connection closes even if it could go on.
  serve_result serve(exchange& x, const request_handler& handler, bool last);

private:
  class server;
  std::unique_ptr<server> server_;
};

} // namespace convertd
