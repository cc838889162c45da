// How far the body of a request has come. Outlives the times that its request is served.
#pragma once

#include "http/dechunker.hpp"
#include "http/front_options.hpp"
#include "http/head.hpp"
#include "http/rate_meter.hpp"

#include <chrono>
#include <cstdint>

namespace convertd {

struct body_state {
  body_state(const request_head& head, const front_options& bounds)
    : left{head.framing() == body_framing::length ? head.content_length() : 0},
      invited{!head.expects_continue()},
      deadline{std::chrono::steady_clock::now() + bounds.body_time_max},
      rate{bounds.rate_min, bounds.body_rate_window} {}

  dechunker chunks;
  std::uint64_t left = 0; ///< Of a body whose length was given.
  std::uint64_t read = 0; ///< Of the body itself.
  bool invited = false;   ///< The client was told to go on, or needed not to be.
  std::chrono::steady_clock::time_point deadline;
  rate_meter rate;
  rate_meter::duration waited{}; ///< By the event loop, for bytes; not told to `rate` yet.
};

} // namespace convertd
