// Webhooks: who is told of what, and how far that is.
//
// An event is written as one delivery for each target, in the transaction of the change that it
// reports; a delivery holds ids only, and the body is made when it is sent.
#pragma once

#include "job/ids.hpp"
#include "job/time.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace convertd {

using webhook_id = basic_id<struct webhook_tag>;   ///< An endpoint, as in the API's `webhookId`.
using event_id = basic_id<struct event_tag>;       ///< What receivers tell repetitions by.
using delivery_id = basic_id<struct delivery_tag>; ///< One event on its way to one target.
/// Whom a delivery goes to, as far as order and turns go: an endpoint, or callbacks of an account.
using target_id = basic_id<struct target_tag>;

/// Numbers are written to the store: never renumber, only append.
enum class event_kind : std::uint8_t {
  started = 0,       ///< A job's first file was sent to a codec.
  progress = 1,      ///< A file ended.
  completed = 2,     ///< A job became final, and …
  failed = 3,        ///< … the same for one without a success.
  source_stored = 4, ///< A file was uploaded with a job.
  output_stored = 5, ///< A result was stored.
};

/// "conversion.started"; "file.uploaded" for both kinds of stored files.
std::string_view type_of(event_kind x);

/// A set of event kinds, one bit each.
using event_set = std::uint8_t;

constexpr bool contains(event_set set, event_kind x) {
  return (set >> static_cast<unsigned>(x) & 1) != 0;
}

/// The kinds of a type; nothing for a type that there is not.
std::optional<event_set> parse_event_type(std::string_view type);

/// The types whose kinds are in `set`.
std::vector<std::string_view> types_in(event_set set);

/// Endpoints of one account.
inline constexpr std::size_t webhooks_max = 20;

/// An endpoint that an account has made.
struct webhook_record {
  webhook_id id;
  account_id account = 0;
  std::string url;
  event_set events = 0;
  bool active = true;
  std::string secret;
  std::string old_secret; ///< Signs too, until `old_secret_until`.
  timestamp old_secret_until{};
  timestamp created{};

  friend bool operator==(const webhook_record&, const webhook_record&) = default;
};

/// The secret before a rotation signs so long beside the new one.
inline constexpr std::chrono::hours old_secret_time{24};

void rotate(webhook_record& x, std::string new_secret, timestamp now);

/// What signs a delivery at `now`, the newer one first.
std::vector<std::string> secrets_of(const webhook_record& x, timestamp now);

/// A job's own receiver, told when the job is final.
struct callback_record {
  std::string url;
  std::string secret; ///< Empty: nothing is signed.

  friend bool operator==(const callback_record&, const callback_record&) = default;
};

inline constexpr std::size_t callback_secret_bytes_max = 255;

enum class delivery_state : std::uint8_t { pending = 0, delivered = 1, failed = 2 };

std::string_view name_of(delivery_state x);

/// One event on its way to one target, and afterwards what came of it.
struct delivery_record {
  delivery_id id; ///< Rises within the deliveries of one job to one target: their order.
  account_id account = 0;
  webhook_id webhook; ///< All zero: the job's own callback.
  target_id target;
  event_id event;
  event_kind kind = event_kind::started;
  job_id job;
  std::uint32_t file = 0; ///< Index, for the kinds that are about a file.
  delivery_state state = delivery_state::pending;
  std::uint16_t http_status = 0; ///< 0 = no answer.
  std::string response;          ///< The answer's beginning.
  std::string trouble;           ///< Why there was none.
  std::uint32_t attempts = 0;    ///< All of them.
  std::uint32_t tries = 0;       ///< Since `since`.
  timestamp created{};           ///< When it happened.
  timestamp since{};             ///< The same, or when somebody asked for it again.
  timestamp next_attempt{};
  timestamp completed{};

  bool is_callback() const {
    return webhook == webhook_id{};
  }
  friend bool operator==(const delivery_record&, const delivery_record&) = default;
};

target_id target_of(webhook_id x);

/// Callbacks of an account are told apart by the host they go to, so that one that is slow does not
/// hold up the others; a few hosts may share a target.
target_id callback_target(account_id account, std::string_view url);

/// How long after the `tries`-th failure the next try comes: 5 s, 20 s, 1 min, then three times as
/// long each time, up to 2 h.
milliseconds retry_gap(std::uint32_t tries);

/// How one try ended.
struct attempt {
  int status = 0;
  std::string response{};
  std::string trouble{};
  bool hopeless = false; ///< There is nobody to send it to any more.
};

/// The record after a try. It fails once the next try would come later than `age_max` after
/// `since`.
delivery_record after_attempt(delivery_record x, const attempt& how, timestamp now,
                              milliseconds age_max);

/// The record of one that is to be sent again: at once, and as long as the first time.
delivery_record again(delivery_record x, timestamp now);

} // namespace convertd
