#include "http/webhook_json.hpp"

#include "http/job_json.hpp"
#include "job/name.hpp"

namespace convertd {

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
  out.field_or_null("webhookId", !x.is_callback(), to_text(x.webhook));
  out.field("eventId", event_text(x.event)).field("eventType", type_of(x.kind));
  out.field("jobId", to_text(x.job)).field("status", name_of(x.state));
  out.field_or_null("httpStatus", x.http_status != 0, x.http_status);
  out.field_or_null("responseBody", x.http_status != 0, valid_utf8(x.response));
  out.field_or_null("error", !x.trouble.empty(), x.trouble);
  out.field("attemptCount", x.attempts).field("createdAt", to_rfc3339(x.created));
  auto waits = x.state == delivery_state::pending;
  write_time(out, "nextAttemptAt", waits ? x.next_attempt : timestamp{});
  write_time(out, "completedAt", x.completed);
  out.end_object();
}

} // namespace convertd
