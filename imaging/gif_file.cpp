#include "imaging/gif_file.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace convertd {

namespace {

enum block : std::uint8_t {
  extension = 0x21,
  image = 0x2C,
  trailer = 0x3B,
  graphic_control = 0xF9,
  application = 0xFF,
};

std::size_t at(bytes_view x, std::size_t i) {
  return i < x.size() ? std::to_integer<std::size_t>(x[i]) : 0;
}

/// Of a colour table, by the byte that says whether there is one.
std::size_t table_size(std::size_t flags) {
  return (flags & 0x80) != 0 ? std::size_t{3} << ((flags & 7) + 1) : 0;
}

/// Behind the sub-blocks that start at `i`; nothing when the file ends within.
std::optional<std::size_t> after_sub_blocks(bytes_view x, std::size_t i) {
  while (i < x.size()) {
    auto size = at(x, i);
    i += size + 1;
    if (size == 0)
      return i;
  }
  return std::nullopt;
}

bool is_kept(bytes_view extension_block) {
  if (at(extension_block, 1) == graphic_control)
    return true;
  if (at(extension_block, 1) != application || extension_block.size() < 14)
    return false;
  std::string_view name{reinterpret_cast<const char*>(extension_block.data()) + 3, 11};
  return name == "NETSCAPE2.0" || name == "ANIMEXTS1.0" || name == "ICCRGBG1012";
}

/// Behind the block that starts at `i`.
std::optional<std::size_t> after_block(bytes_view x, std::size_t i) {
  constexpr std::size_t descriptor = 10;
  if (at(x, i) == extension)
    return after_sub_blocks(x, i + 2);
  if (at(x, i) == image)
    return after_sub_blocks(x, i + descriptor + table_size(at(x, i + descriptor - 1)) + 1);
  return std::nullopt;
}

} // namespace

std::vector<std::byte> strip_gif(bytes_view source) {
  constexpr std::size_t head = 13;
  auto i = head + table_size(at(source, head - 3));
  if (source.size() < i)
    return {};
  std::vector<std::byte> out{source.begin(), source.begin() + static_cast<std::ptrdiff_t>(i)};
  while (i < source.size() && at(source, i) != trailer) {
    auto end = after_block(source, i);
    if (!end)
      return {};
    auto whole = source.subspan(i, *end - i);
    if (at(source, i) == image || is_kept(whole))
      out.insert(out.end(), whole.begin(), whole.end());
    i = *end;
  }
  if (i < source.size())
    out.push_back(std::byte{trailer});
  return out;
}

} // namespace convertd
