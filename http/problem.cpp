#include "http/problem.hpp"

#include "http/json.hpp"

#include <algorithm>
#include <array>

namespace convertd {

namespace {

struct status_text {
  int status;
  std::string_view reason;
};

constexpr std::array reasons{
  status_text{400, "Bad Request"},
  status_text{401, "Unauthorized"},
  status_text{402, "Payment Required"},
  status_text{403, "Forbidden"},
  status_text{404, "Not Found"},
  status_text{405, "Method Not Allowed"},
  status_text{408, "Request Timeout"},
  status_text{409, "Conflict"},
  status_text{413, "Content Too Large"},
  status_text{415, "Unsupported Media Type"},
  status_text{416, "Range Not Satisfiable"},
  status_text{422, "Unprocessable Content"},
  status_text{429, "Too Many Requests"},
  status_text{431, "Request Header Fields Too Large"},
  status_text{500, "Internal Server Error"},
  status_text{503, "Service Unavailable"},
};

} // namespace

int status_of(ec x) {
  switch (x) {
    case ec::none: return 200;
    case ec::invalid_setting:
    case ec::invalid_json:
    case ec::missing_field:
    case ec::array_length:
    case ec::source_url_not_offered:
    case ec::bad_request:
    case ec::decode_failed:
    case ec::encode_failed:
    case ec::too_large:
    case ec::decoder_crashed:
    case ec::target_unreachable: return 400;
    case ec::missing_key:
    case ec::invalid_key: return 401;
    case ec::quota_exceeded: return 402;
    case ec::too_many_files:
    case ec::storage_limit:
    case ec::signature_invalid:
    case ec::webhook_limit:
    case ec::forbidden: return 403;
    case ec::not_found:
    case ec::not_offered: return 404;
    case ec::method_not_allowed: return 405;
    case ec::request_timeout: return 408;
    case ec::not_cancellable:
    case ec::not_final:
    case ec::nothing_failed:
    case ec::sources_erased:
    case ec::idempotency_in_progress:
    case ec::already_exists:
    case ec::webhook_gone:
    case ec::cancelled: return 409;
    case ec::file_too_large: return 413;
    case ec::unsupported_format:
    case ec::unsupported_input: return 415;
    case ec::range_not_satisfiable: return 416;
    case ec::idempotency_mismatch: return 422;
    case ec::rate_limited: return 429;
    case ec::head_too_large: return 431;
    case ec::internal: return 500;
    case ec::queue_full:
    case ec::storage_full:
    case ec::shutting_down:
    case ec::too_many_connections:
    case ec::timeout:
    case ec::interrupted: return 503;
  }
  return 500; // a number that a newer version wrote
}

std::string problem_json(const failure& why) {
  json_writer out;
  out.begin_object().field("error", why.text()).field("code", code_of(why.code));
  if (!why.field.empty())
    out.field("field", why.field);
  if (!why.detail.empty())
    out.field("detail", why.detail);
  return out.end_object().take();
}

answer problem_answer(const failure& why, unsigned retry_after) {
  answer out;
  out.json(status_of(why.code), problem_json(why));
  if (out.status == 401)
    out.header("WWW-Authenticate", "Bearer");
  if (out.status == 429 || out.status == 503)
    out.header("Retry-After", std::to_string(retry_after));
  return out;
}

std::string problem_response(const failure& why, unsigned retry_after,
                             std::string_view request_id) {
  auto what = problem_answer(why, retry_after);
  auto status = what.status;
  what.header("Content-Type", what.content_type);
  what.header("Content-Length", std::to_string(what.body.size()));
  what.header("X-Content-Type-Options", "nosniff");
  what.header("X-Request-Id", std::string{request_id});
  what.header("Connection", "close");
  if (why.code == ec::method_not_allowed)
    what.header("Allow", "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS");
  auto out = "HTTP/1.1 " + std::to_string(status) + " " + std::string{reason_of(status)} + "\r\n";
  for (const auto& [name, value] : what.headers)
    out += name + ": " + value + "\r\n";
  return out + "\r\n" + what.body;
}

std::string_view reason_of(int status) {
  auto found = std::ranges::find(reasons, status, &status_text::status);
  return found == reasons.end() ? std::string_view{"Error"} : found->reason;
}

} // namespace convertd
