// What clients say of a webhook, read and checked.
#pragma once

#include "job/webhook.hpp"
#include "webhooks/address_guard.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace convertd {

/// The members of a JSON body that make or change a webhook; null counts as absent.
struct webhook_request {
  std::optional<std::string> url;
  std::optional<event_set> events;
  std::optional<bool> active;
};

/// Throws request_refused: invalid_json, or invalid_setting with the field at fault.
webhook_request read_webhook_request(std::string_view body, const address_guard& guard);

/// `url` if it may be the target of a webhook or callback. Throws request_refused: invalid_setting,
/// with a sentence that says why not.
std::string checked_target(std::string_view url, std::string_view field,
                           const address_guard& guard);

} // namespace convertd
