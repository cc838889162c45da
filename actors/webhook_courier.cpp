#include "actors/webhook_courier.hpp"

#include "storage/store.hpp"
#include "webhooks/signature.hpp"

namespace convertd {

namespace {

/// The header of the same name: seconds since 1970.
std::int64_t seconds_of(timestamp x) {
  return std::chrono::floor<std::chrono::seconds>(x.time_since_epoch()).count();
}

} // namespace

attempt webhook_courier_state::carry(const posting& what) const {
  post_request request;
  try {
    request.body = options.body(what.delivery);
  } catch (const store_error& error) { // a record that it is made of may be damaged
    return {.trouble = "The event could not be written.", .hopeless = error.damaged()};
  }
  auto seconds = seconds_of(options.now());
  request.url = what.url;
  request.user_agent = options.user_agent;
  request.headers = {"convertly-event: " + std::string{type_of(what.delivery.kind)},
                     "convertly-timestamp: " + std::to_string(seconds)};
  if (!what.request_id.empty())
    request.headers.push_back("x-request-id: " + what.request_id);
  if (!what.trace_parent.empty())
    request.headers.push_back("traceparent: " + what.trace_parent);
  if (!what.secrets.empty())
    request.headers.push_back("convertly-signature: "
                              + signature_header(seconds, request.body, what.secrets));
  auto result = options.post(request, options.posting);
  return {.status = result.status,
          .response = std::move(result.body),
          .trouble = std::move(result.trouble)};
}

webhook_courier_actor::behavior_type webhook_courier(webhook_courier_state::pointer self,
                                                     const webhook_courier_options& options) {
  auto& st = self->state;
  st.options = options;
  return {
    [&st](atom::post, const posting_ptr& what) { return st.carry(*what); },
  };
}

} // namespace convertd
