#include "codec/client.hpp"

#include <gtest/gtest.h>

namespace convertd {
namespace {

constexpr std::uint64_t mib = std::uint64_t{1} << 20;
constexpr image_header photo{.format = image_format::jpg, .width = 4000, .height = 3000};

TEST(MemoryNeededTest, FollowsThePixels) {
  conversion what{.target = image_format::webp};
  EXPECT_EQ(memory_needed(photo, what), codec_memory(12'000'000));
}

TEST(MemoryNeededTest, AvifNeedsMoreForWhatItWrites) {
  conversion whole{.target = image_format::avif};
  conversion small{.target = image_format::avif, .resize = resize_mode::width, .width = 400};
  EXPECT_EQ(memory_needed(photo, whole), codec_memory(12'000'000) + 64 * mib + 22 * 12'000'000);
  EXPECT_EQ(memory_needed(photo, small), codec_memory(12'000'000) + 64 * mib + 22 * 400 * 300);
}

TEST(MemoryNeededTest, AvifOfManyBitsWithoutLossNeedsTwiceThat) {
  auto wide = photo;
  wide.depth = 16;
  conversion lossless{.target = image_format::avif, .quality = 100};
  EXPECT_EQ(memory_needed(photo, lossless), codec_memory(12'000'000) + 64 * mib + 22 * 12'000'000);
  EXPECT_EQ(memory_needed(wide, lossless), codec_memory(12'000'000) + 128 * mib + 44 * 12'000'000);
}

TEST(MemoryNeededTest, HeifNeedsMoreForWhatItWrites) {
  conversion small{.target = image_format::heif, .resize = resize_mode::width, .width = 400};
  EXPECT_EQ(memory_needed(photo, small), codec_memory(12'000'000) + 22 * 400 * 300);
}

TEST(MemoryNeededTest, AnimationsNeedMoreWhereTheyGoOnPlaying) {
  image_header film{.format = image_format::gif, .width = 1000, .height = 1000, .frames = 2};
  EXPECT_EQ(memory_needed(film, {.target = image_format::webp}),
            codec_memory(1'000'000) + 36'000'000);
  EXPECT_EQ(memory_needed(film, {.target = image_format::png}), codec_memory(1'000'000));
  film.frames = 1;
  EXPECT_EQ(memory_needed(film, {.target = image_format::webp}), codec_memory(1'000'000));
}

TEST(MemoryNeededTest, SideOfTheUprightPictureCounts) {
  auto turned = photo;
  turned.orientation = 6;
  conversion small{.target = image_format::avif, .resize = resize_mode::width, .width = 300};
  EXPECT_EQ(memory_needed(turned, small), codec_memory(12'000'000) + 64 * mib + 22 * 300 * 400);
}

} // namespace
} // namespace convertd
