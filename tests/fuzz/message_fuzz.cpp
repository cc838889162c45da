// What a child says is either refused by valid(), or safe to use.
#include "codec/message.hpp"
#include "tests/fuzz/fuzzing.hpp"

#include <cstring>

using namespace convertd;

namespace {

template <class Message>
Message as(std::string_view bytes) {
  Message out;
  std::memcpy(static_cast<void*>(&out), bytes.data(), std::min(bytes.size(), sizeof out));
  return out;
}

} // namespace

FUZZ(input) {
  if (auto x = as<header_message>(input); valid(x)) {
    auto header = to_header(x);
    must(header.width > 0 && header.height > 0 && header.frames > 0);
    must(header.orientation >= 1 && header.orientation <= 8);
    must(facts_of(header.format).format == header.format);
  }
  if (auto x = as<result_message>(input); valid(x)) {
    auto result = to_result(x);
    must(result.width > 0 && result.height > 0);
  }
  if (auto x = as<refusal_message>(input); valid(x)) {
    auto why = to_failure(x);
    must(why.code != ec::none && is_utf8(why.text()) && why.text().size() <= x.text.size());
  }
  failure said{ec::decode_failed, std::string{input}, {}, {}};
  must(valid(to_message(said)));
}
