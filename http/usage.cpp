// GET /api/usage: what an account has used of its plan. GET /api/formats: what this server reads
// and writes.
#include "http/auth.hpp"
#include "http/handlers.hpp"
#include "http/json.hpp"
#include "http/request_meter.hpp"
#include "job/image_format.hpp"

#include <cstdint>

namespace convertd {

namespace {

void write_use(json_writer& out, std::string_view name, std::uint64_t used, std::uint64_t limit) {
  out.key(name).begin_object().field("used", used).field_or_null("limit", limit != 0, limit);
  out.end_object();
}

std::uint64_t jobs_in(const account_totals& totals, job_state state) {
  return totals.jobs[static_cast<std::size_t>(state)];
}

void write_formats(json_writer& out, std::string_view name, bool format_facts::*offered) {
  out.key(name).begin_array();
  for (const auto& each : all_formats()) {
    if (!(each.*offered))
      continue;
    out.begin_object().field("format", each.name).key("extensions").begin_array();
    out.value(each.extension);
    for (auto other : {each.name, each.alias})
      if (!other.empty() && other != each.extension)
        out.value(other);
    out.end_array().field("mimeType", each.mime_type).end_object();
  }
  out.end_array();
}

} // namespace

void get_usage(exchange& x, const services& with) {
  read_view view{with.records};
  auto account = authenticate(x, view);
  const auto& limits = plan_of(account, view, with.options);
  auto totals = view.totals(account);
  auto month = month_of(wall_clock());
  json_writer out;
  out.begin_object().field("plan", limits.name).field("period", to_text(month));
  write_use(out, "requests", with.meter.used(account, month), limits.requests_per_month);
  write_use(out, "storageBytes", totals.storage_bytes(), limits.storage_bytes_max);
  out.key("jobs").begin_object().field("pending", jobs_in(totals, job_state::pending));
  out.field("processing", jobs_in(totals, job_state::processing)).end_object();
  out.field("admin", is_admin(x, view)).end_object();
  x.reply().json(200, out.take());
}

void get_formats(exchange& x, const services& with) {
  authenticate(x, read_view{with.records});
  json_writer out;
  out.begin_object();
  write_formats(out, "read", &format_facts::read);
  write_formats(out, "write", &format_facts::write);
  x.reply().json(200, out.end_object().take());
}

} // namespace convertd
