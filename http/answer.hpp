// What a handler answers, before it is bytes.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace convertd {

/// Fills its argument with the next piece of a body; empty = the end. False: it cannot go on, and
/// the connection breaks off so that the client sees that something is missing.
using body_source = std::function<bool(std::string& piece)>;

struct answer {
  int status = 200;
  std::string content_type = "application/json";
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  body_source source;                        ///< In place of `body`.
  std::optional<std::uint64_t> source_bytes; ///< How many `source` yields; nothing: sent chunked.

  void header(std::string name, std::string value) {
    headers.emplace_back(std::move(name), std::move(value));
  }
  /// Replaces everything that was set, with a JSON text.
  void json(int new_status, std::string text) {
    *this = answer{};
    status = new_status;
    body = std::move(text);
  }
};

} // namespace convertd
