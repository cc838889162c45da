// Making, changing and deleting webhooks; looking at what was delivered.
#include "http/auth.hpp"
#include "http/handlers.hpp"
#include "http/parameters.hpp"
#include "http/request_refused.hpp"
#include "http/small_body.hpp"
#include "http/webhook_json.hpp"
#include "http/webhook_request.hpp"

#include <cstdint>

namespace convertd {

namespace {

template <class Id>
Id id_of(const exchange& x) {
  auto id = parse_id<Id>(x.captured(0));
  if (!id)
    throw request_refused{ec::not_found};
  return *id;
}

/// What was asked for, or the refusal.
template <class T>
const T& done(const outcome<T>& x) {
  if (auto* why = std::get_if<failure>(&x))
    throw request_refused{*why};
  return std::get<T>(x);
}

void answer_webhook(exchange& x, const webhook_record& what, bool with_secret) {
  json_writer out;
  out.begin_object();
  write_webhook(out, what);
  if (with_secret)
    out.field("secret", what.secret);
  x.reply().json(200, out.end_object().take());
  if (with_secret)
    x.reply().header("Cache-Control", "no-store");
}

/// Nothing if more of the body has to come first.
std::optional<webhook_request> body_of(exchange& x, const services& with) {
  auto body = read_small_body(x);
  if (!body)
    return std::nullopt;
  return read_webhook_request(*body, with.options.guard);
}

[[noreturn]] void refuse_missing(const std::string& field) {
  throw request_refused{ec::missing_field, field + " is missing.", field};
}

} // namespace

void list_webhooks(exchange& x, const services& with) {
  read_view view{with.records};
  auto account = authenticate(x, view);
  json_writer out;
  out.begin_object().key("webhooks").begin_array();
  for (const auto& each : view.webhooks_of(account)) {
    out.begin_object();
    write_webhook(out, each);
    out.end_object();
  }
  x.reply().json(200, out.end_array().end_object().take());
}

void make_webhook(exchange& x, const services& with) {
  auto account = authenticate(x, read_view{with.records});
  auto wanted = body_of(x, with);
  if (!wanted)
    return;
  if (!wanted->url)
    refuse_missing("url");
  if (!wanted->events)
    refuse_missing("eventTypes");
  auto made =
    with.webhooks.make(account, *wanted->url, *wanted->events, wanted->active.value_or(true));
  answer_webhook(x, done(made), true);
}

void get_webhook(exchange& x, const services& with) {
  read_view view{with.records};
  auto found = view.webhook(authenticate(x, view), id_of<webhook_id>(x));
  if (!found)
    throw request_refused{ec::not_found};
  answer_webhook(x, *found, false);
}

void change_webhook(exchange& x, const services& with) {
  auto account = authenticate(x, read_view{with.records});
  auto wanted = body_of(x, with);
  if (!wanted)
    return;
  webhook_change change{std::move(wanted->url), wanted->events, wanted->active};
  answer_webhook(x, done(with.webhooks.change(account, id_of<webhook_id>(x), std::move(change))),
                 false);
}

void rotate_webhook(exchange& x, const services& with) {
  auto account = authenticate(x, read_view{with.records});
  answer_webhook(x, done(with.webhooks.rotate(account, id_of<webhook_id>(x))), true);
}

void delete_webhook(exchange& x, const services& with) {
  auto account = authenticate(x, read_view{with.records});
  if (auto why = with.webhooks.erase(account, id_of<webhook_id>(x)))
    throw request_refused{*why};
  json_writer out;
  out.begin_object().field("success", true).field("message", "Webhook was deleted.").end_object();
  x.reply().json(200, out.take());
}

void list_deliveries(exchange& x, const services& with) {
  constexpr std::uint64_t limit_max = 100;
  constexpr std::uint64_t limit_default = 25;
  read_view view{with.records};
  auto account = authenticate(x, view);
  auto limit = number_parameter(x, "limit", 1, limit_max).value_or(limit_default);
  auto offset = number_parameter(x, "offset", 0, UINT32_MAX).value_or(0);
  auto page = view.deliveries_of(account, offset, static_cast<std::uint32_t>(limit));
  json_writer out;
  out.begin_object().key("deliveries").begin_array();
  for (const auto& each : page.deliveries)
    write_delivery(out, each);
  out.end_array().key("pagination").begin_object();
  out.field("limit", limit).field("offset", offset).field("total", page.total);
  out.field("hasMore", offset + page.deliveries.size() < page.total).end_object().end_object();
  x.reply().json(200, out.take());
}

void retry_delivery(exchange& x, const services& with) {
  auto account = authenticate(x, read_view{with.records});
  auto again = with.webhooks.retry(account, id_of<delivery_id>(x));
  json_writer out;
  write_delivery(out.begin_object().field("success", true).key("delivery"), done(again));
  x.reply().json(200, out.end_object().take());
}

} // namespace convertd
