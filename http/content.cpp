// The bytes of a stored file, to whoever has a signed URL.
#include "http/content_answer.hpp"
#include "http/handlers.hpp"
#include "http/request_refused.hpp"

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

} // namespace

void get_content(exchange& x, const services& with) {
  auto opened = open_stored(check_signature(x, with), with);
  content what;
  what.name = opened.file.facts.name;
  what.mime_type = facts_of(opened.file.facts.format).mime_type;
  what.etag = etag_of(opened.file);
  what.size = opened.file.facts.size;
  what.open = [&opened](byte_range range) { return source_of(std::move(opened), range); };
  answer_content(x, what);
}

} // namespace convertd
