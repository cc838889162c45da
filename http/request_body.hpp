// The body of a request, from the socket, within its bounds.
#pragma once

#include "http/connection.hpp"
#include "http/front_options.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace convertd {

/// Read by the worker that serves the request, which never waits for bytes: the event loop does.
/// The framing was checked with the head; what comes after the body stays in the connection's
/// buffer, for the next request.
class request_body {
public:
  request_body(connection& of, const front_options& bounds);

  /// Fills as much of `into` as has arrived; 0 at the end of the body, nothing if more has to
  /// arrive first. Sends "100 Continue" if the client waits for it. Throws request_refused:
  /// request_timeout (too slow, or the client left), file_too_large, bad_request.
  std::optional<std::size_t> read(std::span<char> into);

  /// Nothing of the body is left on its way: what comes next is the next request.
  bool consumed() const;

  /// Drops a rest of the body that has arrived already.
  void skip_arrived();

  std::uint64_t bytes_read() const {
    return state().read;
  }

private:
  body_state& state() const {
    return *connection_->notes.body;
  }
  void invite();
  std::optional<std::size_t> read_sized(std::span<char> into);
  std::optional<std::size_t> read_chunked(std::span<char> into);
  std::size_t dechunk(std::string_view& arrived, std::span<char> into);
  std::size_t take_buffered(std::span<char> into);
  std::size_t receive(std::span<char> into);
  void check_pace();

  connection* connection_;
  const front_options* bounds_;
};

} // namespace convertd
