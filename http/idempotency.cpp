#include "http/idempotency.hpp"

#include "http/request_refused.hpp"
#include "http/sha256.hpp"

namespace convertd {

namespace {

/// With its length in front, so that two texts cannot run into each other.
void add(sha256& to, std::string_view text) {
  to.add(std::to_string(text.size()));
  to.add(":");
  to.add(text);
}

} // namespace

void idempotency_claims::claim::release() {
  if (from_ == nullptr)
    return;
  std::lock_guard lock{from_->mutex_};
  from_->taken_.erase({account_, key_});
  from_ = nullptr;
}

idempotency_claims::claim idempotency_claims::take(account_id account, std::string key) {
  std::lock_guard lock{mutex_};
  if (!taken_.emplace(account, key).second)
    throw request_refused{ec::idempotency_in_progress};
  return {*this, account, std::move(key)};
}

std::optional<idempotent_request> claim_key(const exchange& x, account_id account,
                                            idempotency_claims& claims, const read_view& view) {
  auto key = x.head().header("Idempotency-Key");
  if (!key)
    return std::nullopt;
  if (!is_idempotency_key(*key))
    throw request_refused{ec::invalid_setting,
                          "Idempotency-Key must be 1 to 255 printable ASCII characters.",
                          "Idempotency-Key"};
  auto claim = claims.take(account, std::string{*key});
  auto earlier = view.idempotency(account, *key);
  if (earlier && (!holds(*earlier, wall_clock()) || !view.job(earlier->job)))
    earlier.reset();
  return idempotent_request{std::move(claim), std::move(earlier)};
}

request_hash hash_of(const upload_form& form) {
  sha256 all;
  for (const auto& [name, value] : form.fields()) {
    if (name == "idempotencyKey" || name == "callbackSecret")
      continue;
    add(all, name);
    add(all, value);
  }
  for (const auto& file : form.files()) {
    add(all, "a file");
    add(all, file.name);
    add(all, std::to_string(file.length));
    add(all, {reinterpret_cast<const char*>(file.sha256.data()), file.sha256.size()});
  }
  return all.finish();
}

} // namespace convertd
