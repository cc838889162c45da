#include "http/handlers.hpp"
#include "http/json.hpp"
#include "http/problem.hpp"

namespace convertd {

void get_live(exchange& x, const services&) {
  x.reply().json(200, json_writer{}.begin_object().field("status", "ok").end_object().take());
}

void get_ready(exchange& x, const services& with) {
  // A full queue is the normal state of a busy server: it is ready, and says "later" by itself.
  auto reasons = with.actors.not_ready();
  if (reasons.empty()) {
    x.reply().json(200, json_writer{}.begin_object().field("status", "ready").end_object().take());
    return;
  }
  json_writer out;
  out.begin_object().field("status", "not_ready").key("reasons").begin_array();
  for (auto each : reasons)
    out.value(each);
  out.end_array().end_object();
  x.reply().json(status_of(ec::shutting_down), out.take());
  x.reply().header("Retry-After", std::to_string(with.actors.retry_after()));
}

} // namespace convertd
