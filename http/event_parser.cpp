#include "http/event_parser.hpp"

#include <utility>

namespace convertd {

std::vector<api_event> event_parser::feed(std::string_view bytes) {
  std::vector<api_event> found;
  rest_ += bytes;
  std::size_t from = 0;
  for (auto end = rest_.find('\n'); end != rest_.npos; end = rest_.find('\n', from)) {
    std::string_view line{rest_.data() + from, end - from};
    if (line.ends_with('\r'))
      line.remove_suffix(1);
    take_line(line, found);
    from = end + 1;
  }
  rest_.erase(0, from);
  return found;
}

void event_parser::take_line(std::string_view line, std::vector<api_event>& to) {
  if (line.empty()) {
    if (std::exchange(any_, false))
      to.push_back(std::exchange(next_, {}));
    return;
  }
  auto colon = line.find(':');
  auto name = line.substr(0, colon);
  auto value = colon == line.npos ? std::string_view{} : line.substr(colon + 1);
  if (value.starts_with(' '))
    value.remove_prefix(1);
  if (name == "id") {
    next_.id = value;
  } else if (name == "event") {
    next_.name = value;
  } else if (name == "data") {
    if (any_)
      next_.data += '\n';
    next_.data += value;
    any_ = true;
  }
}

} // namespace convertd
