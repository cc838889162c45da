// Animations whose first frame is not the whole picture.
#include "tests/imaging/conversions.hpp"
#include "tests/support/containers.hpp"
#include "tests/support/likeness.hpp"

namespace convertd {
namespace {

using enum image_format;

/// `x` at a place of a transparent picture.
raster placed(const raster& x, std::uint32_t width, std::uint32_t height, std::uint32_t left,
              std::uint32_t top) {
  raster out{.width = width, .height = height, .channels = 4, .samples = {}};
  out.samples.resize(std::size_t{width} * height * 4);
  for (std::uint32_t row = 0; row < x.height; ++row)
    std::copy_n(&x.samples[std::size_t{row} * x.width * 4], x.width * 4,
                &out.samples[(std::size_t{row + top} * width + left) * 4]);
  return out;
}

/// Nothing is said of the colour of what cannot be seen.
raster without_hidden_colours(raster x) {
  for (std::size_t i = 0; i < x.samples.size(); i += 4)
    if (x.samples[i + 3] == 0)
      std::fill_n(&x.samples[i], 3, std::uint8_t{0});
  return x;
}

int difference(const raster& a, const raster& b) {
  if (a.width != b.width || a.height != b.height)
    return 999;
  return largest_difference(without_hidden_colours(a), without_hidden_colours(b));
}

class GifCanvas : public testing::TestWithParam<std::uint32_t> {
protected:
  std::string frame = encoded(draw_scene(60, 40, GetParam()), gif);
  std::string file = gif_on_screen(frame, 100, 80, 30, 10);
};

TEST_P(GifCanvas, IsTheLogicalScreen) {
  auto header = header_of(gif, file);
  EXPECT_EQ(header.width, 100u);
  EXPECT_EQ(header.height, 80u);
  EXPECT_TRUE(header.alpha);
}

TEST_P(GifCanvas, IsTransparentAroundTheFrame) {
  auto expected = placed(decoded(gif, frame), 100, 80, 30, 10);
  EXPECT_EQ(difference(decoded(gif, file), expected), 0);
  for (auto to : {png, tiff, gif}) {
    auto result = convert_bytes(gif, file, {.target = to});
    ASSERT_FALSE(result.why) << result.why.text();
    EXPECT_LE(difference(decoded(to, result.bytes), expected), to == gif ? 8 : 0) // other colours
      << facts_of(to).name;
  }
}

TEST_P(GifCanvas, IsWhiteWhereTheTargetHasNoAlpha) {
  auto expected = placed(decoded(gif, frame), 100, 80, 30, 10);
  auto result = convert_bytes(gif, file, {.target = bmp});
  ASSERT_FALSE(result.why) << result.why.text();
  EXPECT_GT(likeness(decoded(bmp, result.bytes), expected), 0.999);
}

TEST_P(GifCanvas, IsWhatIsResizedAndCropped) {
  auto small = convert_bytes(gif, file, {.target = png, .resize = resize_mode::width, .width = 50});
  EXPECT_EQ(small.width, 50u);
  EXPECT_EQ(small.height, 40u);
  auto expected = placed(decoded(gif, encoded(draw_scene(30, 20, GetParam()), gif)), 50, 40, 15, 5);
  EXPECT_GT(likeness(decoded(png, small.bytes), expected), 0.7);
  auto square =
    convert_bytes(gif, file, {.target = png, .resize = resize_mode::square, .width = 80});
  auto middle = placed(decoded(gif, frame), 80, 80, 20, 10);
  EXPECT_EQ(difference(decoded(png, square.bytes), middle), 0);
}

INSTANTIATE_TEST_SUITE_P(Channels, GifCanvas, testing::Values(3, 4));

TEST(GifCanvasTest, GrowsToHoldTheFirstFrame) {
  auto frame = encoded(draw_scene(60, 40), gif);
  for (auto [width, height] : {std::pair{0u, 0u}, {1u, 1u}, {70u, 20u}}) {
    auto file = gif_on_screen(frame, width, height, 30, 10);
    EXPECT_EQ(difference(decoded(gif, file), placed(decoded(gif, frame), 90, 50, 30, 10)), 0);
  }
}

TEST(GifCanvasTest, IsHeldAgainstTheLimits) {
  auto file = gif_on_screen(encoded(draw_scene(60, 40), gif), 65535, 65535, 0, 0);
  auto probed = probe_image(gif, as_bytes_view(file), {.frame_pixels_max = 1'000'000});
  EXPECT_EQ(std::get<failure>(probed).code, ec::too_large);
}

class WebpCanvas : public testing::TestWithParam<std::tuple<std::uint32_t, std::uint8_t>> {};

TEST_P(WebpCanvas, IsTransparentAroundTheFrame) {
  auto [channels, quality] = GetParam();
  auto scene = draw_scene(60, 40, channels);
  auto first = webp_frame_chunk(scene, 30, 10, quality);
  auto second = webp_frame_chunk(draw_scene(100, 80));
  auto still = encoded(scene, webp, quality);
  auto expected = placed(decoded(webp, still), 100, 80, 30, 10);
  for (const auto& frames : {std::vector{first}, std::vector{first, second}}) {
    auto file = webp_animation(100, 80, frames);
    EXPECT_TRUE(header_of(webp, file).alpha);
    auto result = convert_bytes(webp, file, {.target = png});
    ASSERT_FALSE(result.why) << result.why.text();
    EXPECT_EQ(difference(decoded(png, result.bytes), expected), 0);
  }
}

TEST(WebpCanvasTest, IsNeverSmallerThanItsFrame) {
  for (auto [left, top] : {std::pair{42u, 0u}, {0u, 42u}}) {
    auto frame = webp_frame_chunk(draw_scene(60, 40), left, top);
    auto result = convert_bytes(webp, webp_animation(100, 80, {frame}), {.target = png});
    EXPECT_EQ(result.why.code, ec::decode_failed);
  }
}

INSTANTIATE_TEST_SUITE_P(All, WebpCanvas,
                         testing::Combine(testing::Values(3, 4), testing::Values(90, 100)));

} // namespace
} // namespace convertd
