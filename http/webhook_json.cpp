#include "http/webhook_json.hpp"

#include "job/name.hpp"

namespace convertd {

namespace {

void write_time(json_writer& out, std::string_view name, timestamp at) {
  out.key(name);
  if (at == timestamp{})
    out.null();
  else
    out.value(to_rfc3339(at));
}

void write_text_or_null(json_writer& out, std::string_view name, std::string_view text,
                        bool known) {
  out.key(name);
  if (known)
    out.value(text);
  else
    out.null();
}

} // namespace

std::string event_text(event_id x) {
  return "evt_" + to_text(x);
}

void write_webhook(json_writer& out, const webhook_record& x) {
  out.field("id", to_text(x.id)).field("url", x.url).key("eventTypes").begin_array();
  for (auto type : types_in(x.events))
    out.value(type);
  out.end_array().field("active", x.active).field("createdAt", to_rfc3339(x.created));
}

void write_delivery(json_writer& out, const delivery_record& x) {
  out.begin_object().field("id", to_text(x.id));
  write_text_or_null(out, "webhookId", to_text(x.webhook), !x.is_callback());
  out.field("eventId", event_text(x.event)).field("eventType", type_of(x.kind));
  out.field("jobId", to_text(x.job)).field("status", name_of(x.state)).key("httpStatus");
  if (x.http_status == 0)
    out.null();
  else
    out.value(x.http_status);
  write_text_or_null(out, "responseBody", valid_utf8(x.response), x.http_status != 0);
  write_text_or_null(out, "error", x.trouble, !x.trouble.empty());
  out.field("attemptCount", x.attempts).field("createdAt", to_rfc3339(x.created));
  write_time(out, "nextAttemptAt",
             x.state == delivery_state::pending ? x.next_attempt : timestamp{});
  write_time(out, "completedAt", x.completed);
  out.end_object();
}

} // namespace convertd
