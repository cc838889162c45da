#include "imaging/tiff_file.hpp"
#include "tests/imaging/conversions.hpp"
#include "tests/support/containers.hpp"

#include <vector>

namespace convertd {
namespace {

using bytes = std::vector<std::uint8_t>;

/// Header, an odd strip, a gap, the directory, an odd text, a gap, another text.
bytes file_with_gaps(std::uint8_t gap) {
  auto entry = [](std::uint32_t tag, std::uint32_t type, std::uint32_t count, std::uint32_t value) {
    return little_endian(tag, 2) + little_endian(type, 2) + little_endian(count, 4)
           + little_endian(value, 4);
  };
  std::string text = "II" + little_endian(42, 2) + little_endian(12, 4);
  text += "abc" + std::string(1, static_cast<char>(gap)); // 8
  text += little_endian(4, 2);                            // 12
  text += entry(0x010E, 2, 5, 66) + entry(0x0111, 4, 1, 8) + entry(0x0117, 3, 1, 3)
          + entry(0x0131, 2, 6, 72) + little_endian(0, 4);
  text += "words" + std::string(1, static_cast<char>(gap)) + "author";
  return {text.begin(), text.end()};
}

TEST(TiffFileTest, GapsAreZeroed) {
  auto file = file_with_gaps(77);
  zero_tiff_gaps(file);
  EXPECT_EQ(file, file_with_gaps(0));
}

TEST(TiffFileTest, WhatIsNotKnownIsLeftAlone) {
  auto file = file_with_gaps(77);
  file[12 + 2 + 12] = 0x99; // the strip is not found any more
  zero_tiff_gaps(file);
  EXPECT_EQ(file[11], 77);
  EXPECT_EQ(file[71], 0);
}

TEST(TiffFileTest, EveryDamageIsSurvived) {
  auto whole = file_with_gaps(77);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    bytes file(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
    zero_tiff_gaps(file);
  }
  for (std::size_t at = 0; at < whole.size(); ++at) {
    auto file = whole;
    file[at] = 0xFF;
    zero_tiff_gaps(file);
    EXPECT_EQ(file.size(), whole.size());
  }
}

} // namespace
} // namespace convertd
