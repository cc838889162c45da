// Webhooks and deliveries as JSON, docs/api.md.
#pragma once

#include "http/json.hpp"
#include "job/webhook.hpp"

#include <string>

namespace convertd {

/// Between begin_object() and end_object(); without any secret.
void write_webhook(json_writer& out, const webhook_record& x);

/// An object of its own.
void write_delivery(json_writer& out, const delivery_record& x);

/// "evt_…", as receivers get it.
std::string event_text(event_id x);

} // namespace convertd
