#include "http/webhook_request.hpp"

#include "http/request_refused.hpp"
#include "webhooks/target_url.hpp"

#include <simdjson.h>

#include <variant>

namespace convertd {

namespace {

[[noreturn]] void bad(std::string_view field, const std::string& how) {
  throw request_refused{ec::invalid_setting, std::string{field} + how, std::string{field}};
}

event_set read_types(simdjson::dom::element from) {
  simdjson::dom::array types;
  if (from.get(types) != simdjson::SUCCESS)
    bad("eventTypes", " must be an array of event types.");
  event_set out = 0;
  for (auto each : types) {
    std::string_view type;
    auto found = each.get(type) == simdjson::SUCCESS ? parse_event_type(type) : std::nullopt;
    if (!found)
      bad("eventTypes", " may name conversion.started, conversion.progress, conversion.completed, "
                        "conversion.failed and file.uploaded.");
    out |= *found;
  }
  if (out == 0)
    bad("eventTypes", " must name at least one event type.");
  return out;
}

std::string read_text(simdjson::dom::element from, std::string_view field) {
  std::string_view text;
  if (from.get(text) != simdjson::SUCCESS)
    bad(field, " must be a text.");
  return std::string{text};
}

bool read_truth(simdjson::dom::element from, std::string_view field) {
  bool out = false;
  if (from.get(out) != simdjson::SUCCESS)
    bad(field, " must be true or false.");
  return out;
}

} // namespace

webhook_request read_webhook_request(std::string_view body, const address_guard& guard) {
  simdjson::dom::parser parser;
  simdjson::dom::object object;
  if (parser.parse(std::string{body}).get(object) != simdjson::SUCCESS)
    throw request_refused{ec::invalid_json, "The body must be a JSON object."};
  webhook_request out;
  for (auto [name, value] : object) {
    if (value.is_null())
      continue;
    if (name == "url")
      out.url = checked_target(read_text(value, name), name, guard);
    else if (name == "eventTypes")
      out.events = read_types(value);
    else if (name == "active")
      out.active = read_truth(value, name);
  }
  return out;
}

std::string checked_target(std::string_view url, std::string_view field,
                           const address_guard& guard) {
  auto parsed = parse_target(url, guard);
  if (auto* complaint = std::get_if<std::string>(&parsed))
    bad(field, " " + *complaint);
  return std::string{url};
}

} // namespace convertd
