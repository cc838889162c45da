// The chunked transfer coding (RFC 9112 section 7.1), read strictly.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace convertd {

/// Takes the data out of a chunked body as it arrives, without copying it. Extensions and trailers
/// are read over; bare line feeds, sizes that overflow, and anything else that is not exactly the
/// grammar is bad.
class dechunker {
public:
  /// Of one size line with its extensions, and of all trailer lines together.
  static constexpr std::size_t line_bytes_max = 4 * 1024;

  /// The next run of data in `arrived`, at most `limit` bytes; takes what it read off `arrived`.
  /// Empty: everything was taken and more is needed, or done(), or bad().
  std::string_view next(std::string_view& arrived, std::size_t limit);

  bool done() const {
    return state_ == state::done;
  }
  bool bad() const {
    return state_ == state::bad;
  }

private:
  enum class state : std::uint8_t {
    size,      ///< In the digits of a chunk's size.
    extension, ///< After them, up to CR.
    size_lf,
    data,
    data_cr, ///< After the data: CR, then LF.
    data_lf,
    trailer, ///< At the start of a trailer line, or of the last, empty one.
    trailer_text,
    trailer_lf,
    last_lf,
    done,
    bad,
  };

  state step(char x);
  state in_size(char x);
  state after_size_line() const;

  state state_ = state::size;
  std::uint64_t left_ = 0;      ///< Of the chunk that is being read.
  std::size_t size_digits_ = 0; ///< At most 16, so that `left_` cannot overflow.
  std::size_t line_bytes_ = 0;
};

} // namespace convertd
