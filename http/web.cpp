// GET /, GET /docs, GET /web/{name}: the pages for browsers.
#include "http/web.hpp"

#include "http/content_answer.hpp"
#include "http/handlers.hpp"
#include "http/request_refused.hpp"
#include "http/sha256.hpp"

#include <algorithm>
#include <map>
#include <new>
#include <string>
#include <zlib.h>

namespace convertd {

namespace {

/// Nothing runs or loads but what this server sends; blob: are pictures that the user chose.
constexpr std::string_view policy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; "
  "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
  "require-trusted-types-for 'script'";

struct packed_file {
  std::string zipped; ///< gzip.
  std::string hash;   ///< Of the text; the start of its SHA-256.
};

std::string gzip(std::string_view text) {
  constexpr int with_gzip_header = 15 + 16;
  constexpr int memory_level = 9;
  z_stream stream{};
  if (deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, with_gzip_header, memory_level,
                   Z_DEFAULT_STRATEGY)
      != Z_OK)
    throw std::bad_alloc{};
  std::string out(deflateBound(&stream, static_cast<uLong>(text.size())), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

std::string hash_of(std::string_view text) {
  constexpr std::string_view digits = "0123456789abcdef";
  constexpr std::size_t bytes_shown = 8;
  sha256 hash;
  hash.add(text);
  auto all = hash.finish();
  std::string out;
  for (auto byte : std::span{all}.first(bytes_shown))
    out.append({digits[byte >> 4U], digits[byte & 15U]});
  return out;
}

/// Made when the first page is asked for, which takes some milliseconds.
const packed_file& packed(const web_file& file) {
  static const auto all = [] {
    std::map<std::string_view, packed_file> made;
    for (const auto& each : web_files())
      made[each.name] = {gzip(each.text), hash_of(each.text)};
    return made;
  }();
  return all.at(file.name);
}

std::string_view mime_type_of(std::string_view name) {
  auto ending = name.substr(std::min(name.rfind('.'), name.size()));
  if (ending == ".html")
    return "text/html; charset=utf-8";
  if (ending == ".css")
    return "text/css; charset=utf-8";
  if (ending == ".js")
    return "text/javascript; charset=utf-8";
  return "image/svg+xml";
}

/// Whoever names gzip takes it, unless they name it to refuse it.
bool takes_gzip(const exchange& x) {
  auto given = x.head().header("Accept-Encoding").value_or("");
  auto at = given.find("gzip");
  return at != given.npos && !given.substr(at).starts_with("gzip;q=0");
}

void answer_file(exchange& x, std::string_view name) {
  auto files = web_files();
  auto found = std::ranges::find(files, name, &web_file::name);
  if (found == files.end())
    throw request_refused{ec::not_found};
  const auto& made = packed(*found);
  auto zipped = takes_gzip(x);
  auto etag = "\"" + made.hash + (zipped ? "-gzip\"" : "\"");
  auto& out = x.reply();
  out.content_type = mime_type_of(name);
  out.header("ETag", etag);
  out.header("Cache-Control", "no-cache"); // ask each time, so that a new version is seen at once
  out.header("Vary", "Accept-Encoding");
  out.header("Content-Security-Policy", std::string{policy});
  out.header("Referrer-Policy", "no-referrer");
  out.header("Cross-Origin-Opener-Policy", "same-origin");
  if (names_etag(x.head().header("If-None-Match").value_or(""), etag)) {
    out.status = 304;
    return;
  }
  if (zipped)
    out.header("Content-Encoding", "gzip");
  out.body = zipped ? made.zipped : std::string{found->text};
}

} // namespace

void get_console(exchange& x, const services&) {
  answer_file(x, "index.html");
}

void get_docs(exchange& x, const services&) {
  answer_file(x, "docs.html");
}

void get_web_file(exchange& x, const services&) {
  answer_file(x, x.captured(0));
}

} // namespace convertd
