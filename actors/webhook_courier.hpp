// Carries one delivery at a time: makes its body, signs it, sends it, and says how it went.
#pragma once

#include "actors/protocols.hpp"
#include "webhooks/poster.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <functional>
#include <string>

namespace convertd {

struct webhook_courier_options {
  poster_options posting;
  std::string user_agent = "convertd-webhooks";
  /// The JSON text of a delivery. May throw store_error; for a damaged record the delivery fails.
  std::function<std::string(const delivery_record&)> body;
  std::function<post_result(const post_request&, const poster_options&)> post = convertd::post;
  std::function<timestamp()> now = wall_clock;
};

struct webhook_courier_state {
  using pointer = webhook_courier_actor::stateful_pointer<webhook_courier_state>;

  explicit webhook_courier_state(pointer) {}

  static inline const char* name = "webhook-courier";

  webhook_courier_options options;

  attempt carry(const posting& what) const;
};

webhook_courier_actor::behavior_type webhook_courier(webhook_courier_state::pointer self,
                                                     const webhook_courier_options& options);

} // namespace convertd
