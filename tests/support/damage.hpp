// Damages what is on disk, as a disk would.
#pragma once

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>

namespace convertd {

/// Flips a bit of each place in the file where `text` stands; gives how many there were.
inline int flip_bit_in(const std::filesystem::path& file, std::string_view text) {
  std::ifstream in{file, std::ios::binary};
  std::string bytes{std::istreambuf_iterator<char>{in}, {}};
  auto count = 0;
  for (auto at = bytes.find(text); at != std::string::npos; at = bytes.find(text, at + 1)) {
    bytes[at] = static_cast<char>(bytes[at] ^ 1);
    ++count;
  }
  std::ofstream{file, std::ios::binary | std::ios::in} << bytes;
  return count;
}

} // namespace convertd
