// The body of a request, from the socket, within its bounds.
#pragma once

#include "http/connection.hpp"
#include "http/dechunker.hpp"
#include "http/front_options.hpp"
#include "http/rate_meter.hpp"

#include <cstddef>
#include <cstdint>
#include <span>

namespace convertd {

/// Read by the worker that serves the request. The framing was checked with the head; what comes
/// after the body stays in the connection's buffer, for the next request.
class request_body {
public:
  request_body(connection& of, const front_options& bounds);

  /// Waits until there is something and fills as much of `into` as has arrived; 0 at the end of
  /// the body. Sends "100 Continue" first if the client waits for it. Throws request_refused:
  /// request_timeout (too slow, or the client left), file_too_large, bad_request.
  std::size_t read(std::span<char> into);

  /// Nothing of the body is left on its way: what comes next is the next request.
  bool consumed() const;

  /// Drops a rest of the body that has arrived already.
  void skip_arrived();

  /// The client was told to go on, or needed not to be.
  bool invited() const {
    return invited_;
  }

  std::uint64_t bytes_read() const {
    return bytes_read_;
  }

private:
  void invite();
  std::size_t read_sized(std::span<char> into);
  std::size_t read_chunked(std::span<char> into);
  std::size_t take_buffered(std::span<char> into);
  std::size_t receive(std::span<char> into);
  void wait_for_bytes();

  connection* connection_;
  const front_options* bounds_;
  dechunker chunks_;
  std::uint64_t left_;           ///< Of a body whose length was given.
  std::uint64_t bytes_read_ = 0; ///< Of the body itself.
  bool invited_;
  steady_time deadline_;
  rate_meter rate_;
};

} // namespace convertd
