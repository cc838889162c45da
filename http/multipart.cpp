#include "http/multipart.hpp"

#include "http/request_refused.hpp"
#include "http/text.hpp"

#include <algorithm>

namespace convertd {

namespace {

[[noreturn]] void bad(const char* what) {
  throw request_refused{ec::bad_request, what};
}

/// filename* (RFC 8187) is forbidden by RFC 7578 and sent nevertheless; it knows all letters.
std::optional<std::string> filename_of(std::string_view disposition) {
  constexpr std::string_view charset = "UTF-8'";
  if (auto coded = header_parameter(disposition, "filename*")) {
    auto value = std::string_view{*coded};
    auto language_end = value.find('\'', charset.size());
    if (same_word(value.substr(0, charset.size()), charset) && language_end != value.npos)
      return percent_decoded(value.substr(language_end + 1));
  }
  return header_parameter(disposition, "filename");
}

part_head parse_part_head(std::string_view text) {
  part_head out;
  while (!text.empty()) {
    auto line = text.substr(0, text.find("\r\n"));
    text.remove_prefix(std::min(line.size() + 2, text.size()));
    auto value = line;
    auto name = take_until(value, ':');
    if (!same_word(name, "Content-Disposition"))
      continue;
    out.name = header_parameter(value, "name").value_or("");
    out.filename = filename_of(value);
  }
  return out;
}

} // namespace

std::string boundary_of(std::string_view content_type) {
  auto rest = content_type;
  if (!same_word(take_until(rest, ';'), "multipart/form-data"))
    bad("The request must be multipart/form-data.");
  auto boundary = header_parameter(content_type, "boundary").value_or("");
  if (boundary.empty() || boundary.size() > boundary_bytes_max)
    bad("The multipart boundary is missing or too long.");
  return boundary;
}

multipart_parser::multipart_parser(std::string_view boundary, multipart_sink& into)
  : delimiter_{"\r\n--" + std::string{boundary}}, sink_{&into} {}

std::size_t multipart_parser::consume(std::string_view arrived) {
  std::size_t total = 0;
  while (total < arrived.size()) {
    auto before = state_;
    auto size = step(arrived.substr(total));
    total += size;
    if (size == 0 && state_ == before)
      break;
  }
  return total;
}

void multipart_parser::finish(std::string_view rest) const {
  if (state_ != state::epilogue || !rest.empty())
    bad("The multipart body ends too early.");
}

std::size_t multipart_parser::step(std::string_view arrived) {
  switch (state_) {
    case state::start: return in_start(arrived);
    case state::preamble:
    case state::bytes: return up_to_delimiter(arrived);
    case state::after_delimiter: return after_delimiter(arrived);
    case state::head: return in_head(arrived);
    case state::epilogue: break;
  }
  return arrived.size(); // what follows the last part means nothing
}

std::size_t multipart_parser::in_start(std::string_view arrived) {
  auto first = std::string_view{delimiter_}.substr(2); // nothing stands before the first line
  if (arrived.size() < first.size() && first.starts_with(arrived))
    return 0;
  if (!arrived.starts_with(first)) {
    state_ = state::preamble;
    return 0;
  }
  state_ = state::after_delimiter;
  return first.size();
}

std::size_t multipart_parser::up_to_delimiter(std::string_view arrived) {
  auto found = arrived.find(delimiter_);
  // What may be the beginning of a delimiter waits for more.
  auto size = found != arrived.npos
                ? found
                : arrived.size() - std::min(arrived.size(), delimiter_.size() - 1);
  if (state_ == state::bytes && size > 0)
    sink_->part_bytes(arrived.substr(0, size));
  if (found == arrived.npos)
    return size;
  if (state_ == state::bytes)
    sink_->end_part();
  state_ = state::after_delimiter;
  return found + delimiter_.size();
}

std::size_t multipart_parser::after_delimiter(std::string_view arrived) {
  if (arrived.front() == ' ' || arrived.front() == '\t') // padding, RFC 2046
    return 1;
  if (arrived.size() < 2)
    return 0;
  auto next = arrived.substr(0, 2);
  if (next != "--" && next != "\r\n")
    bad("A multipart boundary is not followed by a line end.");
  state_ = next == "--" ? state::epilogue : state::head;
  return next.size();
}

std::size_t multipart_parser::in_head(std::string_view arrived) {
  if (arrived.size() < 2)
    return 0;
  bool empty = arrived.starts_with("\r\n");
  auto end = empty ? 0 : arrived.find("\r\n\r\n");
  if (std::min(end, arrived.size()) > part_head_bytes_max)
    bad("The head of a multipart part is too long.");
  if (end == arrived.npos)
    return 0;
  if (++parts_ > parts_max)
    bad("The request has too many parts.");
  sink_->begin_part(parse_part_head(arrived.substr(0, end)));
  state_ = state::bytes;
  return end + (empty ? 2 : 4);
}

} // namespace convertd
