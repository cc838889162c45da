// multipart/form-data (RFC 7578, RFC 2046 section 5.1), read as it arrives.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace convertd {

inline constexpr std::size_t part_head_bytes_max = 8 * 1024;
inline constexpr std::size_t parts_max = 100'100; ///< The largest plan's files, and the settings.
inline constexpr std::size_t boundary_bytes_max = 70; ///< RFC 2046 section 5.1.1

struct part_head {
  std::string name; ///< Empty if the part has none.
  std::optional<std::string> filename;
};

/// Is told of the parts in their order. May throw; the parser is then spent.
class multipart_sink {
public:
  virtual ~multipart_sink() = default;
  virtual void begin_part(const part_head& head) = 0;
  /// Any number of times; `bytes` is a view of what was given to consume().
  virtual void part_bytes(std::string_view bytes) = 0;
  virtual void end_part() = 0;
};

/// The boundary in a Content-Type. Throws request_refused: bad_request if it is no
/// multipart/form-data.
std::string boundary_of(std::string_view content_type);

/// Copies no bytes of parts. Throws request_refused (bad_request) for what is not multipart.
class multipart_parser {
public:
  multipart_parser(std::string_view boundary, multipart_sink& into);

  /// Reads as much of `arrived` as can be told yet; returns how much. The rest, at most
  /// part_head_bytes_max and a delimiter, comes again with what arrives next.
  std::size_t consume(std::string_view arrived);

  /// The body has ended, with `rest` left of it.
  void finish(std::string_view rest) const;

private:
  enum class state : std::uint8_t { start, preamble, after_delimiter, head, bytes, epilogue };

  /// One step; returns how much was read, 0 = more must arrive.
  std::size_t step(std::string_view arrived);
  std::size_t in_start(std::string_view arrived);
  std::size_t up_to_delimiter(std::string_view arrived);
  std::size_t after_delimiter(std::string_view arrived);
  std::size_t in_head(std::string_view arrived);

  std::string delimiter_; ///< CR LF "--" boundary
  multipart_sink* sink_;
  state state_ = state::start;
  std::size_t parts_ = 0;
};

} // namespace convertd
