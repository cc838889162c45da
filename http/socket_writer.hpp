// Writing to a client's socket: gathered, complete, and bounded in time.
#pragma once

#include "http/front_options.hpp"
#include "http/rate_meter.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace convertd {

/// What to do while the client's socket has no room.
enum class when_full : std::uint8_t { wait, keep_rest };

/// Small pieces are gathered, so that an answer's head and body leave in one packet.
class socket_writer {
public:
  socket_writer(int socket, const front_options& bounds, when_full then = when_full::wait)
    : socket_{socket},
      bounds_{&bounds},
      then_{then},
      rate_{bounds.rate_min, bounds.write_time_max} {}

  /// False once the client is gone, took no byte for write_time_max, or takes too few.
  bool write(std::string_view bytes);
  bool flush();

  /// With keep_rest: what there was no room for.
  std::string take_rest() {
    return std::move(rest_);
  }

  bool failed() const {
    return failed_;
  }
  std::uint64_t bytes_sent() const {
    return bytes_sent_;
  }

private:
  bool send_all(std::string_view bytes);
  bool wait_for_room();

  int socket_;
  const front_options* bounds_;
  when_full then_;
  rate_meter rate_;
  std::string gathered_;
  std::string rest_;
  std::uint64_t bytes_sent_ = 0;
  bool failed_ = false;
};

} // namespace convertd
