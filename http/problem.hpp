// From an error to the answer a client sees. The only such mapping.
#pragma once

#include "http/answer.hpp"
#include "job/error.hpp"

#include <string>
#include <string_view>

namespace convertd {

/// The HTTP status of an error; those of a file are what a synchronous request would get.
int status_of(ec x);

/// {"error": sentence, "code": …} with "field" and "detail" where they are known.
std::string problem_json(const failure& why);

/// The whole answer. `retry_after`: seconds, sent with 429 and 503.
answer problem_answer(const failure& why, unsigned retry_after);

/// The same as bytes, for the event loop, which answers without a worker; closes the connection.
std::string problem_response(const failure& why, unsigned retry_after, std::string_view request_id);

/// The reason phrase of a status that status_of() gives.
std::string_view reason_of(int status);

} // namespace convertd
