#include "imaging/imaging_error.hpp"
#include "imaging/webp_file.hpp"
#include "tests/imaging/conversions.hpp"
#include "tests/support/containers.hpp"
#include "tests/support/likeness.hpp"

namespace convertd {
namespace {

using enum image_format;

raster plain(std::uint8_t grey) {
  raster x{.width = 64, .height = 48, .channels = 3, .samples = {}};
  x.samples.assign(64 * 48 * 3, grey);
  return x;
}

std::string animation() {
  return webp_animation(64, 48,
                        {webp_frame_chunk(draw_scene(64, 48)), webp_frame_chunk(plain(10)),
                         webp_frame_chunk(plain(200))});
}

TEST(WebpFileTest, HeaderOfBothKindsIsRead) {
  for (int quality : {80, 100}) { // lossy, lossless
    auto source = encoded(draw_scene(123, 45, 4), webp, static_cast<std::uint8_t>(quality));
    auto header = read_webp_header(as_bytes_view(source));
    EXPECT_EQ(header.width, 123u);
    EXPECT_EQ(header.height, 45u);
    EXPECT_EQ(header.frames, 1u);
    EXPECT_TRUE(header.alpha);
  }
}

TEST(WebpFileTest, FramesAreCounted) {
  auto source = animation();
  auto header = read_webp_header(as_bytes_view(source));
  EXPECT_EQ(header.frames, 3u);
  EXPECT_EQ(header.width, 64u);
}

TEST(WebpFileTest, OnlyTheFirstFrameIsConverted) {
  auto source = animation();
  EXPECT_LT(first_webp_frame(as_bytes_view(source))->file.size(), source.size());
  auto result = convert_bytes(webp, source, {.target = png});
  ASSERT_FALSE(result.why) << result.why.text();
  EXPECT_GT(likeness(decoded(png, result.bytes), draw_scene(64, 48)), 0.9);
}

TEST(WebpFileTest, FilesWithoutImageAreRefused) {
  EXPECT_THROW(read_webp_header({}), imaging_error);
  for (auto file : {webp_file(""), webp_file(webp_chunk("VP8X", std::string(10, '\0'))),
                    webp_file(webp_chunk("VP8 ", "abc")), webp_file("VP8 \xFF\xFF\xFF\xFF")})
    EXPECT_THROW(read_webp_header(as_bytes_view(file)), imaging_error);
}

} // namespace
} // namespace convertd
