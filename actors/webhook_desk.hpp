// What clients may do with webhooks and deliveries: make, change, delete, rotate, send again.
#pragma once

#include "actors/commands.hpp"
#include "job/webhook.hpp"

#include <functional>
#include <optional>
#include <string>

namespace convertd {

class write_batch;

/// What a PATCH asks for; what is not given stays.
struct webhook_change {
  std::optional<std::string> url;
  std::optional<event_set> events;
  std::optional<bool> active;
};

/// Each call returns when the change is durable, or says why it is not. URLs and types were checked
/// by the caller. Another account's webhook is `not_found`. Thread-safe.
class webhook_desk {
public:
  /// Runs a function in the next commit of the store, and waits for it.
  using writer = std::function<std::optional<failure>(std::function<void(write_batch&)>)>;

  explicit webhook_desk(writer write) : write_{std::move(write)} {}

  /// With a secret of its own. `webhook_limit` if the account has webhooks_max already.
  outcome<webhook_record> make(account_id account, std::string url, event_set events,
                               bool active) const;
  outcome<webhook_record> change(account_id account, webhook_id id, webhook_change to) const;
  /// Gives it a new secret; the one it had signs too, for old_secret_time.
  outcome<webhook_record> rotate(account_id account, webhook_id id) const;
  /// What waits for it fails.
  std::optional<failure> erase(account_id account, webhook_id id) const;
  /// Sends a delivery again, at once and as long as the first time.
  outcome<delivery_record> retry(account_id account, delivery_id id) const;

private:
  template <class T>
  outcome<T> run(std::function<outcome<T>(write_batch&)> what) const;
  outcome<webhook_record> with_webhook(account_id account, webhook_id id,
                                       std::function<void(webhook_record&)> what) const;

  writer write_;
};

} // namespace convertd
