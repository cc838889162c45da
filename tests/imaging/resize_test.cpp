#include "tests/imaging/conversions.hpp"
#include "tests/support/likeness.hpp"

namespace convertd {
namespace {

using enum image_format;

pixel_size converted_size(pixel_size source, conversion what) {
  what.target = png;
  auto result = convert_bytes(bmp, encoded(draw_scene(source.width, source.height), bmp), what);
  EXPECT_FALSE(result.why) << result.why.text();
  auto picture = decoded(png, result.bytes);
  EXPECT_EQ(result.width, picture.width);
  EXPECT_EQ(result.height, picture.height);
  return {picture.width, picture.height};
}

conversion boxed(resize_mode mode, std::uint32_t width, std::uint32_t height = 0) {
  return {.resize = mode, .width = width, .height = height};
}

TEST(ResizeTest, EachModeGivesItsSize) {
  pixel_size landscape{400, 300};
  EXPECT_EQ(converted_size(landscape, boxed(resize_mode::original, 0)), landscape);
  EXPECT_EQ(converted_size(landscape, boxed(resize_mode::website, 192)), (pixel_size{192, 144}));
  EXPECT_EQ(converted_size(landscape, boxed(resize_mode::email, 120)), (pixel_size{120, 90}));
  EXPECT_EQ(converted_size(landscape, boxed(resize_mode::instagram, 108, 108)),
            (pixel_size{108, 108}));
  EXPECT_EQ(converted_size(landscape, boxed(resize_mode::linkedin, 120, 63)),
            (pixel_size{120, 63}));
  EXPECT_EQ(converted_size(landscape, boxed(resize_mode::ecommerce, 200)), (pixel_size{200, 200}));
  EXPECT_EQ(converted_size(landscape, boxed(resize_mode::square, 100)), (pixel_size{100, 100}));
  EXPECT_EQ(converted_size(landscape, boxed(resize_mode::width, 160)), (pixel_size{160, 120}));
  EXPECT_EQ(converted_size(landscape, boxed(resize_mode::height, 0, 150)), (pixel_size{200, 150}));
}

TEST(ResizeTest, NothingIsEverEnlarged) {
  pixel_size small{40, 30};
  EXPECT_EQ(converted_size(small, boxed(resize_mode::website, 1920)), small);
  EXPECT_EQ(converted_size(small, boxed(resize_mode::width, 1000)), small);
  EXPECT_EQ(converted_size(small, boxed(resize_mode::height, 0, 1000)), small);
  EXPECT_EQ(converted_size(small, boxed(resize_mode::instagram, 1080, 1080)), (pixel_size{30, 30}));
  EXPECT_EQ(converted_size(small, boxed(resize_mode::square, 500)), (pixel_size{30, 30}));
  EXPECT_EQ(converted_size(small, boxed(resize_mode::ecommerce, 2000)), (pixel_size{40, 40}));
}

TEST(ResizeTest, OnePixelStaysOnePixel) {
  EXPECT_EQ(converted_size({1, 1}, boxed(resize_mode::width, 10)), (pixel_size{1, 1}));
  EXPECT_EQ(converted_size({500, 1}, boxed(resize_mode::width, 10)), (pixel_size{10, 1}));
}

TEST(ResizeTest, PaddingIsClearWhereTheTargetHasAlpha) {
  auto source = encoded(draw_scene(100, 50), bmp);
  auto result =
    convert_bytes(bmp, source, {.target = png, .resize = resize_mode::ecommerce, .width = 100});
  auto picture = decoded(png, result.bytes);
  EXPECT_EQ(picture.samples[3], 0);                         // corner
  EXPECT_EQ(picture.samples[(50 * 100 + 50) * 4 + 3], 255); // middle
}

TEST(ResizeTest, PaddingIsWhiteWhereItHasNot) {
  auto source = encoded(draw_scene(100, 50), bmp);
  for (auto to : {jpg, bmp}) {
    auto result =
      convert_bytes(bmp, source, {.target = to, .resize = resize_mode::ecommerce, .width = 100});
    auto picture = decoded(to, result.bytes);
    for (int c = 0; c < 3; ++c)
      EXPECT_GE(picture.samples[c], 253) << facts_of(to).name;
  }
}

TEST(ResizeTest, LargeJpegIsShrunkWhileItIsRead) {
  auto source = encoded(draw_scene(1600, 1200), jpg);
  auto result =
    convert_bytes(jpg, source, {.target = png, .resize = resize_mode::width, .width = 160});
  EXPECT_GT(likeness(decoded(png, result.bytes), draw_scene(160, 120)), 0.9);
}

TEST(ResizeTest, TransparentPixelsDoNotBleed) {
  raster x{.width = 64, .height = 64, .channels = 4, .samples = {}};
  x.samples.resize(64 * 64 * 4);
  paint(x, 0, 0, 64, 64, {0, 0, 0, 0}); // black, but invisible
  paint(x, 16, 16, 32, 32, {250, 250, 250, 255});
  auto result =
    convert_bytes(png, encoded(x, png), {.target = png, .resize = resize_mode::width, .width = 24});
  auto small = decoded(png, result.bytes);
  for (std::size_t i = 0; i < 24 * 24; ++i)
    EXPECT_TRUE(small.samples[i * 4 + 3] <= 40 || small.samples[i * 4] > 225)
      << "grey seam at " << i;
}

} // namespace
} // namespace convertd
