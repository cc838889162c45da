#include "actors/webhook_desk.hpp"

#include "storage/store.hpp"
#include "webhooks/signature.hpp"

#include <algorithm>
#include <memory>

namespace convertd {

namespace {

std::optional<webhook_record> find_webhook(const write_batch& batch, account_id account,
                                           webhook_id id) {
  auto all = batch.webhooks_of(account);
  auto found = std::ranges::find(all, id, &webhook_record::id);
  return found == all.end() ? std::nullopt : std::optional{*found};
}

} // namespace

/// Whoever waits may have given up when the commit comes: the answer belongs to both.
template <class T>
outcome<T> webhook_desk::run(std::function<outcome<T>(write_batch&)> what) const {
  auto answer = std::make_shared<outcome<T>>(fail(ec::internal));
  auto why =
    write_([answer, what = std::move(what)](write_batch& batch) { *answer = what(batch); });
  return why ? outcome<T>{*why} : *answer;
}

outcome<webhook_record>
webhook_desk::with_webhook(account_id account, webhook_id id,
                           std::function<void(webhook_record&)> what) const {
  return run<webhook_record>([=](write_batch& batch) -> outcome<webhook_record> {
    auto found = find_webhook(batch, account, id);
    if (!found)
      return fail(ec::not_found);
    what(*found);
    batch.put_webhook(*found);
    return *found;
  });
}

outcome<webhook_record> webhook_desk::make(account_id account, std::string url, event_set events,
                                           bool active) const {
  webhook_record x;
  x.active = active;
  x.created = wall_clock();
  x.id = mint<webhook_id>(x.created);
  x.account = account;
  x.url = std::move(url);
  x.events = events;
  x.secret = new_webhook_secret();
  return run<webhook_record>([x](write_batch& batch) -> outcome<webhook_record> {
    if (batch.webhooks_of(x.account).size() >= webhooks_max)
      return fail(ec::webhook_limit);
    batch.put_webhook(x);
    return x;
  });
}

outcome<webhook_record> webhook_desk::change(account_id account, webhook_id id,
                                             webhook_change to) const {
  return with_webhook(account, id, [to = std::move(to)](webhook_record& x) {
    x.url = to.url.value_or(x.url);
    x.events = to.events.value_or(x.events);
    x.active = to.active.value_or(x.active);
  });
}

outcome<webhook_record> webhook_desk::rotate(account_id account, webhook_id id) const {
  return with_webhook(account, id,
                      [secret = new_webhook_secret(), now = wall_clock()](webhook_record& x) {
                        convertd::rotate(x, secret, now);
                      });
}

std::optional<failure> webhook_desk::erase(account_id account, webhook_id id) const {
  auto done = run<bool>([=](write_batch& batch) -> outcome<bool> {
    if (!batch.erase_webhook(account, id))
      return fail(ec::not_found);
    return true;
  });
  auto* why = std::get_if<failure>(&done);
  return why ? std::optional{*why} : std::nullopt;
}

outcome<delivery_record> webhook_desk::retry(account_id account, delivery_id id) const {
  return run<delivery_record>([=](write_batch& batch) -> outcome<delivery_record> {
    auto found = batch.delivery(account, id);
    if (!found)
      return fail(ec::not_found);
    auto webhook = find_webhook(batch, account, found->webhook);
    if (!found->is_callback() && (!webhook || !webhook->active))
      return fail(ec::webhook_gone);
    auto next = again(*found, wall_clock());
    batch.put_delivery(next);
    return next;
  });
}

} // namespace convertd
