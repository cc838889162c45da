#include "http/dechunker.hpp"

#include "http/text.hpp"

#include <algorithm>

namespace convertd {

std::string_view dechunker::next(std::string_view& arrived, std::size_t limit) {
  while (!arrived.empty() && !done() && !bad()) {
    if (state_ == state::data) {
      auto size = static_cast<std::size_t>(
        std::min<std::uint64_t>({left_, arrived.size(), static_cast<std::uint64_t>(limit)}));
      auto data = arrived.substr(0, size);
      arrived.remove_prefix(size);
      left_ -= size;
      if (left_ == 0)
        state_ = state::data_cr;
      return data;
    }
    state_ = step(arrived.front());
    arrived.remove_prefix(1);
  }
  return {};
}

dechunker::state dechunker::step(char x) {
  if (state_ != state::data_cr && state_ != state::data_lf && ++line_bytes_ > line_bytes_max)
    return state::bad;
  switch (state_) {
    case state::size: return in_size(x);
    case state::extension:
      if (x == '\r')
        return state::size_lf;
      return x == '\n' || x == '\0' ? state::bad : state::extension;
    case state::size_lf: return x == '\n' ? after_size_line() : state::bad;
    case state::data_cr: return x == '\r' ? state::data_lf : state::bad;
    case state::data_lf:
      size_digits_ = 0;
      line_bytes_ = 0;
      return x == '\n' ? state::size : state::bad;
    case state::trailer:
      if (x == '\r')
        return state::last_lf;
      return x == '\n' ? state::bad : state::trailer_text;
    case state::trailer_text:
      if (x == '\r')
        return state::trailer_lf;
      return x == '\n' ? state::bad : state::trailer_text;
    case state::trailer_lf: return x == '\n' ? state::trailer : state::bad;
    case state::last_lf: return x == '\n' ? state::done : state::bad;
    case state::data:
    case state::done:
    case state::bad: break;
  }
  return state_;
}

dechunker::state dechunker::in_size(char x) {
  constexpr std::size_t digits_max = 16;
  if (auto digit = hex_value(x); digit >= 0) {
    if (++size_digits_ > digits_max)
      return state::bad;
    left_ = left_ * 16 + static_cast<std::uint64_t>(digit);
    return state::size;
  }
  if (size_digits_ == 0)
    return state::bad;
  if (x == '\r')
    return state::size_lf;
  return x == ';' ? state::extension : state::bad;
}

dechunker::state dechunker::after_size_line() const {
  return left_ == 0 ? state::trailer : state::data;
}

} // namespace convertd
