// Every error a client can see, once: its number (stored in records), its code, its sentence.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace convertd {

/// Numbers are written to the store: never renumber, only append.
enum class ec : std::uint16_t {
  none = 0,
  // A request that is refused.
  missing_key = 1,
  invalid_key = 2,
  invalid_setting = 3,
  invalid_json = 4,
  missing_field = 5,
  array_length = 6,
  source_url_not_offered = 7,
  quota_exceeded = 8,
  too_many_files = 9,
  storage_limit = 10,
  not_found = 11,
  not_offered = 12,
  method_not_allowed = 13,
  not_cancellable = 14,
  not_final = 15,
  nothing_failed = 16,
  sources_erased = 17,
  file_too_large = 18,
  unsupported_format = 19,
  idempotency_mismatch = 20,
  idempotency_in_progress = 21,
  rate_limited = 22,
  queue_full = 23,
  storage_full = 24,
  shutting_down = 25,
  internal = 26,
  bad_request = 27,
  request_timeout = 28,
  head_too_large = 29,
  signature_invalid = 30,
  range_not_satisfiable = 31,
  too_many_connections = 32,
  forbidden = 33,
  already_exists = 34,
  webhook_limit = 48,
  webhook_gone = 49,
  // One file of a job.
  unsupported_input = 64,
  decode_failed = 65,
  encode_failed = 66,
  too_large = 67,
  timeout = 68,
  decoder_crashed = 69,
  target_unreachable = 70,
  interrupted = 71,
  cancelled = 72,
};

/// The stable `code` of the API: "decode_failed". "internal" for a number that is not in the table.
std::string_view code_of(ec x);

/// The sentence for a person, to be used where there is nothing better to say.
std::string_view sentence_of(ec x);

/// An error with the sentence that is shown. Empty `message` means sentence_of(code).
struct failure {
  ec code = ec::none;
  std::string message;
  std::string field;  ///< The request field at fault, where there is one.
  std::string detail; ///< A value that helps, such as the smallest size reached.

  explicit operator bool() const {
    return code != ec::none;
  }
  std::string_view text() const {
    return message.empty() ? sentence_of(code) : std::string_view{message};
  }
};

/// The short way to make one.
inline failure fail(ec code, std::string message = {}, std::string field = {}) {
  failure x;
  x.code = code;
  x.message = std::move(message);
  x.field = std::move(field);
  return x;
}

} // namespace convertd
