#include "job/error.hpp"

#include <algorithm>
#include <array>

namespace convertd {

namespace {

struct entry {
  ec code;
  std::string_view name;
  std::string_view sentence;
};

constexpr std::array entries{
  entry{ec::none, "none", ""},
  entry{ec::missing_key, "missing_key", "Missing API key."},
  entry{ec::invalid_key, "invalid_key", "Invalid API key."},
  entry{ec::invalid_setting, "invalid_setting", "A setting has a value that is not allowed."},
  entry{ec::invalid_json, "invalid_json", "A field that must hold JSON does not."},
  entry{ec::missing_field, "missing_field", "A required field is missing."},
  entry{ec::array_length, "array_length", "An array must have one value per uploaded file."},
  entry{ec::source_url_not_offered, "source_url_not_offered",
        "This server does not fetch sourceUrl; upload the file itself."},
  entry{ec::quota_exceeded, "quota_exceeded", "The monthly quota is used up."},
  entry{ec::too_many_files, "too_many_files", "The batch has more files than allowed."},
  entry{ec::storage_limit, "storage_limit", "The account's storage is used up."},
  entry{ec::not_found, "not_found", "There is nothing here under that name."},
  entry{ec::not_offered, "not_offered", "This server does not offer that route."},
  entry{ec::method_not_allowed, "method_not_allowed", "That method is not allowed here."},
  entry{ec::not_cancellable, "not_cancellable", "Only a pending job can be cancelled."},
  entry{ec::not_final, "not_final", "The job is not finished yet."},
  entry{ec::nothing_failed, "nothing_failed", "No file of the job failed."},
  entry{ec::sources_erased, "sources_erased", "The job's sources have been erased."},
  entry{ec::file_too_large, "file_too_large", "A file is larger than allowed."},
  entry{ec::unsupported_format, "unsupported_format", "This server does not write that format."},
  entry{ec::idempotency_mismatch, "idempotency_mismatch",
        "The Idempotency-Key was used for another request."},
  entry{ec::idempotency_in_progress, "idempotency_in_progress",
        "The first request with this Idempotency-Key is still uploading."},
  entry{ec::rate_limited, "rate_limited", "Too many requests in this minute."},
  entry{ec::queue_full, "queue_full",
        "The server has as much work as it accepts; try again later."},
  entry{ec::storage_full, "storage_full", "The server's disk is full; try again later."},
  entry{ec::shutting_down, "shutting_down", "The server is stopping; try again in a moment."},
  entry{ec::internal, "internal", "Something went wrong in the server."},
  entry{ec::bad_request, "bad_request", "The request is not valid HTTP."},
  entry{ec::request_timeout, "request_timeout", "The request took too long to arrive."},
  entry{ec::head_too_large, "head_too_large", "The request's head is too large."},
  entry{ec::signature_invalid, "signature_invalid",
        "The link's signature is wrong or has expired."},
  entry{ec::range_not_satisfiable, "range_not_satisfiable", "The range lies outside the file."},
  entry{ec::too_many_connections, "too_many_connections",
        "Too many connections from this address."},
  entry{ec::forbidden, "forbidden", "This key may not do that."},
  entry{ec::already_exists, "already_exists", "That name is taken."},
  entry{ec::webhook_limit, "webhook_limit", "The account has as many webhooks as it may have."},
  entry{ec::webhook_gone, "webhook_gone",
        "The webhook of that delivery was deleted or switched off."},
  entry{ec::unsupported_input, "unsupported_input", "The file is not an image this server reads."},
  entry{ec::decode_failed, "decode_failed", "The image could not be read; it may be damaged."},
  entry{ec::encode_failed, "encode_failed", "The image could not be written in that format."},
  entry{ec::too_large, "too_large", "The image needs more pixels, frames or memory than allowed."},
  entry{ec::timeout, "timeout", "The conversion took longer than allowed."},
  entry{ec::decoder_crashed, "decoder_crashed", "The image made its decoder fail repeatedly."},
  entry{ec::target_unreachable, "target_unreachable", "The target size cannot be reached."},
  entry{ec::interrupted, "interrupted", "The conversion was interrupted too often."},
  entry{ec::cancelled, "cancelled", "Job was cancelled."},
};

const entry& find(ec x) {
  auto found = std::ranges::find(entries, x, &entry::code);
  return found == entries.end() ? find(ec::internal) : *found;
}

} // namespace

std::string_view code_of(ec x) {
  return find(x).name;
}

std::string_view sentence_of(ec x) {
  return find(x).sentence;
}

} // namespace convertd
