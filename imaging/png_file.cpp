#include "imaging/png_file.hpp"

#include "imaging/bytes.hpp"
#include "imaging/exif.hpp"
#include "imaging/png_chunks.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <string_view>
#include <zlib.h>

namespace convertd {

namespace {

/// JPEG holds 64 KiB. What is larger is not for us to copy around.
constexpr std::size_t exif_max = std::size_t{1} << 20;

/// As text it takes two digits a byte, and a line's end now and then.
constexpr std::size_t text_max = 3 * exif_max;

/// Empty when it is damaged or too large.
std::string inflated(std::string_view packed) {
  std::string text(text_max, '\0');
  auto size = uLongf{text_max};
  auto result = uncompress(reinterpret_cast<Bytef*>(text.data()), &size,
                           reinterpret_cast<const Bytef*>(packed.data()), packed.size());
  text.resize(result == Z_OK ? size : 0);
  return text;
}

/// "\nexif\n   1234\n" and then 1,234 bytes as hexadecimal digits in lines.
std::string from_raw_profile(std::string_view text) {
  auto after_line = [](std::string_view x) {
    return x.substr(std::min(x.find('\n'), x.size() - 1) + 1);
  };
  if (!text.starts_with('\n'))
    return {};
  auto rest = after_line(text.substr(1));
  rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
  std::size_t size = 0;
  auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), size);
  if (error != std::errc{} || size > exif_max)
    return {};
  rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
  std::string digits;
  std::ranges::copy_if(rest, std::back_inserter(digits), [](char c) { return c != '\n'; });
  std::string bytes;
  for (std::size_t i = 0; i + 2 <= digits.size() && bytes.size() < size; i += 2) {
    std::uint8_t byte = 0;
    auto last = digits.data() + i + 2;
    if (std::from_chars(digits.data() + i, last, byte, 16).ptr != last)
      return {};
    bytes.push_back(static_cast<char>(byte));
  }
  return bytes.size() == size ? bytes : std::string{};
}

/// `data` is a name, a zero, and the text; in zTXt there is the method of packing between.
std::string from_text_chunk(std::string_view data, bool packed) {
  auto end = data.find('\0');
  auto name = data.substr(0, end);
  if ((name != "Raw profile type exif" && name != "Raw profile type APP1")
      || end == std::string_view::npos)
    return {};
  auto text = data.substr(end + 1);
  if (!packed)
    return from_raw_profile(text.substr(0, text_max));
  return text.empty() ? std::string{} : from_raw_profile(inflated(text.substr(1)));
}

std::string exif_in(std::string_view name, std::string_view data) {
  if (name == "eXIf")
    return std::string{data.size() <= exif_max ? data : ""};
  if (name != "tEXt" && name != "zTXt")
    return {};
  auto block = from_text_chunk(data, name == "zTXt");
  auto exif = block.starts_with(exif_intro); // APP1 may be XMP
  return exif ? std::string{without_exif_intro(block)} : std::string{};
}

} // namespace

std::string png_exif(bytes_view source) {
  std::string block;
  for_each_png_chunk(source, [&](const png_chunk_view& x) {
    if (block.empty())
      block = exif_in(x.name, text_of(x.data));
  });
  return block;
}

} // namespace convertd
