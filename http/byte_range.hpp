// The Range field (RFC 9110 section 14), as far as it is served: one range of bytes.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>

namespace convertd {

struct byte_range {
  std::uint64_t first = 0;
  std::uint64_t last = 0; ///< Inclusive.

  std::uint64_t size() const {
    return last - first + 1;
  }
};

struct whole_file {};      ///< No Range, several ranges, or one that is not understood.
struct not_satisfiable {}; ///< 416

using range_answer = std::variant<whole_file, byte_range, not_satisfiable>;

/// What to send of a file of `size` bytes; `field` is the value of Range.
range_answer choose_range(std::optional<std::string_view> field, std::uint64_t size);

} // namespace convertd
