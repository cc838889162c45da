// The bytes of a stored file, to whoever has a signed URL.
#include "http/byte_range.hpp"
#include "http/handlers.hpp"
#include "http/problem.hpp"
#include "http/request_refused.hpp"
#include "http/text.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <unistd.h>
#include <utility>

namespace convertd {

namespace {

constexpr std::size_t piece_bytes = 256 * 1024;

/// A stored file, open for reading.
struct open_file {
  stored_file file;
  std::string inline_bytes;
  std::shared_ptr<owned_fd> fd; ///< Set if the bytes are on disk.
};

file_id check_signature(const exchange& x, const services& with) {
  auto id = parse_id<file_id>(x.captured(0));
  if (!id)
    throw request_refused{ec::not_found};
  auto exp = x.parameter("exp").value_or("");
  auto sig = x.parameter("sig").value_or("");
  if (!with.signer.verify(*id, exp, sig, wall_clock()))
    throw request_refused{ec::signature_invalid};
  return *id;
}

/// The record first, then the bytes that it names; either may be gone since the URL was made.
open_file open_stored(file_id id, const services& with) {
  read_view view{with.records};
  auto found = view.stored(id);
  if (!found)
    throw request_refused{ec::not_found};
  open_file out{std::move(*found), {}, {}};
  if (out.file.facts.stored_inline) {
    auto bytes = view.inline_output(id);
    if (!bytes)
      throw request_refused{ec::not_found};
    out.inline_bytes = std::move(*bytes);
    return out;
  }
  const auto& place = out.file.place;
  auto fd = out.file.of_job ? with.files.open_output(place.job, place.index) : with.saved.open(id);
  if (!fd)
    throw request_refused{ec::not_found};
  out.fd = std::make_shared<owned_fd>(std::move(*fd));
  return out;
}

/// The bytes of an id never change, so that the id would do; the rest is for people.
std::string etag_of(const stored_file& file) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string crc;
  for (int shift = 28; file.of_job && shift >= 0; shift -= 4)
    crc += digits[(file.crc32 >> shift) & 15];
  return "\"" + (crc.empty() ? crc : crc + "-") + std::to_string(file.facts.size) + "-"
         + to_text(file.facts.id) + "\"";
}

/// If-None-Match compares weakly (RFC 9110 section 13.1.2).
bool names(std::string_view list, std::string_view etag) {
  while (!list.empty()) {
    auto each = take_until(list, ',');
    if (each.starts_with("W/"))
      each.remove_prefix(2);
    if (each == "*" || each == etag)
      return true;
  }
  return false;
}

body_source source_of(open_file from, byte_range range) {
  if (!from.fd) {
    auto bytes = from.inline_bytes.substr(range.first, range.size());
    return [bytes = std::move(bytes)](std::string& piece) mutable {
      piece = std::exchange(bytes, {});
      return true;
    };
  }
  return [fd = from.fd, at = range.first, left = range.size()](std::string& piece) mutable {
    piece.resize(std::min<std::uint64_t>(left, piece_bytes));
    auto got = ::pread(fd->get(), piece.data(), piece.size(), static_cast<off_t>(at));
    if (got < 0 || (got == 0 && left > 0))
      return false;
    piece.resize(static_cast<std::size_t>(got));
    at += static_cast<std::uint64_t>(got);
    left -= static_cast<std::uint64_t>(got);
    return true;
  };
}

void describe(answer& out, const exchange& x, const stored_file& file) {
  out.content_type = facts_of(file.facts.format).mime_type;
  out.header("ETag", etag_of(file));
  out.header("Accept-Ranges", "bytes");
  out.header("Content-Disposition", content_disposition(file.facts.name));
  out.header("Content-Security-Policy", "sandbox; default-src 'none'");
  auto exp = parse_number(x.parameter("exp").value_or("")).value_or(0);
  auto now = std::chrono::floor<std::chrono::seconds>(wall_clock().time_since_epoch()).count();
  auto left = exp - std::min(exp, static_cast<std::uint64_t>(now));
  out.header("Cache-Control", "private, max-age=" + std::to_string(left));
}

/// Range counts for GET alone (RFC 9110, 14.2), and unless If-Range names another version of the
/// file.
range_answer wanted_range(const exchange& x, const stored_file& file) {
  if (x.head().method() != "GET")
    return whole_file{};
  auto condition = x.head().header("If-Range");
  if (condition && *condition != etag_of(file))
    return whole_file{};
  return choose_range(x.head().header("Range"), file.facts.size);
}

} // namespace

void get_content(exchange& x, const services& with) {
  auto opened = open_stored(check_signature(x, with), with);
  const auto& file = opened.file;
  const auto size = file.facts.size;
  auto& out = x.reply();
  describe(out, x, file);
  if (names(x.head().header("If-None-Match").value_or(""), etag_of(file))) {
    out.status = 304;
    return;
  }
  auto choice = wanted_range(x, file);
  if (std::holds_alternative<not_satisfiable>(choice)) {
    out = problem_answer({ec::range_not_satisfiable, {}, {}, {}}, 0);
    out.header("Content-Range", "bytes */" + std::to_string(size));
    return;
  }
  byte_range range{0, size == 0 ? 0 : size - 1};
  if (auto* part = std::get_if<byte_range>(&choice)) {
    range = *part;
    out.status = 206;
    out.header("Content-Range", "bytes " + std::to_string(range.first) + "-"
                                  + std::to_string(range.last) + "/" + std::to_string(size));
  }
  out.source_bytes = size == 0 ? 0 : range.size();
  out.source = source_of(std::move(opened), range);
}

} // namespace convertd
