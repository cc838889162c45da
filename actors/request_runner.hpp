// Takes one synchronous request to its end: sends its files to the pool, collects what comes back.
#pragma once

#include "actors/protocols.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <chrono>
#include <cstdint>
#include <deque>
#include <vector>

namespace convertd {

struct request_runner_options {
  std::size_t files_in_flight = files_in_flight_max;
  std::uint64_t output_bytes_max = sync_output_bytes_max;
  /// When no codec process could be had. How long that may go on is up to the client's deadline.
  std::chrono::milliseconds retry_after{1'000};
};

struct request_runner_state {
  using pointer = request_runner_actor::stateful_pointer<request_runner_state>;

  explicit request_runner_state(pointer ptr) : self{ptr} {}

  static inline const char* name = "request-runner";

  pointer self;
  sync_order_ptr order;
  codec_pool_actor codecs;
  request_runner_options options;

  sync_result result;
  std::deque<std::uint32_t> ready; ///< Files that are not at the pool and have not ended.
  std::size_t in_flight = 0;       ///< At the pool.
  std::uint64_t output_bytes = 0;
  bool resting = false; ///< Nothing could be tried: nothing is sent until resume().
  bool ended = false;   ///< The client was told, or does not care any more.

  void pump();
  void convert(std::uint32_t index);
  void on_outcome(std::uint32_t index, const file_outcome& outcome);
  void on_postponed(std::uint32_t index, const failure& why);
  void resume();
  void finish();
  void give_up(failure why);
  void cancel();
};

request_runner_actor::behavior_type request_runner(request_runner_state::pointer self,
                                                   sync_order_ptr order, codec_pool_actor codecs,
                                                   const request_runner_options& options);

} // namespace convertd
