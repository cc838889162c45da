#include "http/content_answer.hpp"

#include "http/problem.hpp"
#include "http/text.hpp"
#include "job/time.hpp"

#include <algorithm>
#include <chrono>

namespace convertd {

namespace {

void describe(answer& out, const exchange& x, const content& what) {
  out.content_type = what.mime_type;
  out.header("ETag", what.etag);
  out.header("Accept-Ranges", "bytes");
  out.header("Content-Disposition", content_disposition(what.name));
  out.header("Content-Security-Policy", "sandbox; default-src 'none'");
  auto exp = parse_number(x.parameter("exp").value_or("")).value_or(0);
  auto now = std::chrono::floor<std::chrono::seconds>(wall_clock().time_since_epoch()).count();
  auto left = exp - std::min(exp, static_cast<std::uint64_t>(now));
  out.header("Cache-Control", "private, max-age=" + std::to_string(left));
}

/// Range counts for GET alone (RFC 9110, 14.2), and unless If-Range names another version of the
/// file.
range_answer wanted_range(const exchange& x, const content& what) {
  if (x.head().method() != "GET")
    return whole_file{};
  auto condition = x.head().header("If-Range");
  if (condition && *condition != what.etag)
    return whole_file{};
  return choose_range(x.head().header("Range"), what.size);
}

} // namespace

bool names_etag(std::string_view list, std::string_view etag) {
  while (!list.empty()) {
    auto each = take_until(list, ',');
    if (each.starts_with("W/"))
      each.remove_prefix(2);
    if (each == "*" || each == etag)
      return true;
  }
  return false;
}

void answer_content(exchange& x, const content& what) {
  auto& out = x.reply();
  describe(out, x, what);
  if (names_etag(x.head().header("If-None-Match").value_or(""), what.etag)) {
    out.status = 304;
    return;
  }
  auto choice = wanted_range(x, what);
  if (std::holds_alternative<not_satisfiable>(choice)) {
    out = problem_answer({ec::range_not_satisfiable, {}, {}, {}}, 0);
    out.header("Content-Range", "bytes */" + std::to_string(what.size));
    return;
  }
  byte_range range{0, what.size == 0 ? 0 : what.size - 1};
  if (auto* part = std::get_if<byte_range>(&choice)) {
    range = *part;
    out.status = 206;
    out.header("Content-Range", "bytes " + std::to_string(range.first) + "-"
                                  + std::to_string(range.last) + "/" + std::to_string(what.size));
  }
  out.source_bytes = what.size == 0 ? 0 : range.size();
  out.source = what.open(range);
}

} // namespace convertd
