// What every fuzz target shares: a property that does not hold is a crash.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace convertd {

inline void must(bool holds) {
  if (!holds)
    std::abort();
}

/// Input taken from the front, to choose by.
class choices {
public:
  explicit choices(std::string_view from) : left_{from} {}

  std::uint8_t byte() {
    if (left_.empty())
      return 0;
    auto x = static_cast<std::uint8_t>(left_.front());
    left_.remove_prefix(1);
    return x;
  }
  std::string_view rest() const {
    return left_;
  }

private:
  std::string_view left_;
};

/// UTF-8 as RFC 3629 has it: no overlong forms, no surrogates, nothing above U+10FFFF.
inline bool is_utf8(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    auto lead = static_cast<unsigned char>(text[at++]);
    int more = lead < 0x80 ? 0 : lead >= 0xC2 && lead <= 0xDF ? 1 : (lead & 0xF0) == 0xE0 ? 2 : 3;
    if (lead >= 0x80 && (lead < 0xC2 || lead > 0xF4))
      return false;
    for (int i = 0; i < more; ++i, ++at) {
      if (at == text.size())
        return false;
      auto next = static_cast<unsigned char>(text[at]);
      bool first = i == 0;
      if ((next & 0xC0) != 0x80 || (first && lead == 0xE0 && next < 0xA0)
          || (first && lead == 0xED && next > 0x9F) || (first && lead == 0xF0 && next < 0x90)
          || (first && lead == 0xF4 && next > 0x8F))
        return false;
    }
  }
  return true;
}

} // namespace convertd

/// Defines the function that libFuzzer calls, with the input as text.
#define FUZZ(input)                                                                                \
  static void fuzz_one(std::string_view input);                                                    \
  extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {              \
    fuzz_one({reinterpret_cast<const char*>(data), size});                                         \
    return 0;                                                                                      \
  }                                                                                                \
  static void fuzz_one(std::string_view input)
