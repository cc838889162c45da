// The head of a request (RFC 9112 sections 2 to 6), read strictly: whatever two parties could read
// in two ways is refused, so that no proxy in front of us ever sees another request than we do.
#pragma once

#include "job/error.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace convertd {

inline constexpr std::size_t head_bytes_max = 32 * 1024; ///< Request line and fields together.
inline constexpr std::size_t target_bytes_max = 8'000;   ///< httplib refuses more than 8,192.
inline constexpr std::size_t head_fields_max = 100;

/// How the end of the body is known.
enum class body_framing : std::uint8_t { none, length, chunked };

/// Where the head ends in bytes that are still arriving.
struct head_end {
  std::size_t size = 0; ///< Of the head with its empty line; 0 = not complete yet.
  bool bad = false;     ///< A line ends without CR: no need to wait for more.
};

/// `from`: how far an earlier call has looked, so that a head that drips in is scanned once.
head_end find_head_end(std::string_view arrived, std::size_t from);

/// One request's head. Keeps the text; the views point into it, hence no copies.
class request_head {
public:
  struct field {
    std::string_view name;
    std::string_view value;
  };

  request_head() = default;
  request_head(const request_head&) = delete;
  request_head& operator=(const request_head&) = delete;

  /// Reads `text`, which ends with the empty line. A failure (bad_request, head_too_large,
  /// method_not_allowed, unsupported_format for a Content-Encoding) means: answer and close.
  failure parse(std::string_view text);

  std::string_view method() const {
    return method_;
  }
  /// Path and query as sent; always starts with a slash.
  std::string_view target() const {
    return target_;
  }
  /// The target without its query, for logs.
  std::string_view path() const {
    return target_.substr(0, target_.find('?'));
  }
  /// The value of the first field of that name, in any case.
  std::optional<std::string_view> header(std::string_view name) const;

  /// The value of the last one.
  std::optional<std::string_view> last_header(std::string_view name) const;

  std::string_view host() const {
    return host_;
  }
  body_framing framing() const {
    return framing_;
  }
  /// Meaningful for body_framing::length.
  std::uint64_t content_length() const {
    return content_length_;
  }
  bool has_body() const {
    return framing_ == body_framing::chunked || content_length_ > 0;
  }
  /// Neither the version nor a Connection field says that this is the last request.
  bool keep_alive() const {
    return keep_alive_;
  }
  bool is_http10() const {
    return http10_;
  }
  /// The client waits for "100 Continue" before it sends the body.
  bool expects_continue() const {
    return expects_continue_;
  }

private:
  failure parse_request_line(std::string_view line);
  failure parse_field(std::string_view line);
  failure read_framing();
  failure read_host();
  failure read_connection();
  std::size_t count(std::string_view name) const;

  std::string text_;
  std::string_view method_;
  std::string_view target_;
  std::string_view host_;
  std::vector<field> fields_;
  body_framing framing_ = body_framing::none;
  std::uint64_t content_length_ = 0;
  bool http10_ = false;
  bool keep_alive_ = false;
  bool expects_continue_ = false;
};

} // namespace convertd
