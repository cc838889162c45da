#include "job/geometry.hpp"

#include <gtest/gtest.h>

namespace convertd {
namespace {

geometry plan(resize_mode mode, pixel_size source, std::uint32_t width = 0,
              std::uint32_t height = 0) {
  conversion x;
  x.resize = mode;
  x.width = width;
  x.height = height;
  fill_named_box(x, resize_boxes{});
  return plan_geometry(x, source);
}

TEST(GeometryTest, OriginalTouchesNothing) {
  auto x = plan(resize_mode::original, {4000, 3000}, 10, 10);
  EXPECT_EQ(x.scaled, (pixel_size{4000, 3000}));
  EXPECT_EQ(x.cropped, x.scaled);
  EXPECT_EQ(x.canvas, x.scaled);
}

TEST(GeometryTest, WebsiteAndEmailFitTheirWidth) {
  EXPECT_EQ(plan(resize_mode::website, {4000, 3000}).canvas, (pixel_size{1920, 1440}));
  EXPECT_EQ(plan(resize_mode::email, {1201, 10'000}).canvas, (pixel_size{1200, 9'992}));
  EXPECT_EQ(plan(resize_mode::website, {1920, 5'000}).canvas, (pixel_size{1920, 5'000}));
}

TEST(GeometryTest, CoverFillsTheBoxAndCutsTheRestInTheMiddle) {
  auto x = plan(resize_mode::instagram, {4000, 3000});
  EXPECT_EQ(x.scaled, (pixel_size{1440, 1080}));
  EXPECT_EQ(x.canvas, (pixel_size{1080, 1080}));
  EXPECT_EQ(x.crop_x, 180U);
  EXPECT_EQ(x.crop_y, 0U);
  EXPECT_EQ(plan(resize_mode::linkedin, {3000, 4000}).canvas, (pixel_size{1200, 627}));
}

TEST(GeometryTest, CoverOfASmallSourceOnlyCutsToTheAspect) {
  auto x = plan(resize_mode::instagram, {3000, 500});
  EXPECT_EQ(x.scaled, (pixel_size{3000, 500}));
  EXPECT_EQ(x.canvas, (pixel_size{500, 500}));
  EXPECT_EQ(plan(resize_mode::linkedin, {600, 600}).canvas, (pixel_size{600, 314}));
}

TEST(GeometryTest, EcommercePadsToASquareOfTheLongerEdge) {
  auto x = plan(resize_mode::ecommerce, {4000, 1000});
  EXPECT_EQ(x.scaled, (pixel_size{2000, 500}));
  EXPECT_EQ(x.canvas, (pixel_size{2000, 2000}));
  EXPECT_EQ(x.pad_y, 750U);
  auto small = plan(resize_mode::ecommerce, {300, 400});
  EXPECT_EQ(small.scaled, (pixel_size{300, 400}));
  EXPECT_EQ(small.canvas, (pixel_size{400, 400}));
  EXPECT_EQ(small.pad_x, 50U);
}

TEST(GeometryTest, SquareCoversWithTheShorterEdgeAtMost) {
  EXPECT_EQ(plan(resize_mode::square, {4000, 3000}, 500).canvas, (pixel_size{500, 500}));
  EXPECT_EQ(plan(resize_mode::square, {400, 300}, 500).canvas, (pixel_size{300, 300}));
}

TEST(GeometryTest, WidthAndHeightFollowTheAspectAndIgnoreTheOtherNumber) {
  EXPECT_EQ(plan(resize_mode::width, {4000, 3000}, 400, 7).canvas, (pixel_size{400, 300}));
  EXPECT_EQ(plan(resize_mode::height, {4000, 3000}, 7, 300).canvas, (pixel_size{400, 300}));
}

TEST(GeometryTest, NoModeEnlargesAndNoSideIsZero) {
  for (auto mode : {resize_mode::original, resize_mode::website, resize_mode::email,
                    resize_mode::instagram, resize_mode::linkedin, resize_mode::ecommerce,
                    resize_mode::square, resize_mode::width, resize_mode::height})
    for (auto source : {pixel_size{1, 1}, pixel_size{1, 16'383}, pixel_size{16'383, 1},
                        pixel_size{4000, 3000}, pixel_size{7, 5}})
      for (std::uint32_t number : {1U, 3U, 5'000U}) {
        auto x = plan(mode, source, number, number);
        EXPECT_LE(x.scaled.width, source.width);
        EXPECT_LE(x.scaled.height, source.height);
        EXPECT_LE(x.crop_x + x.cropped.width, x.scaled.width);
        EXPECT_LE(x.crop_y + x.cropped.height, x.scaled.height);
        EXPECT_LE(x.pad_x + x.cropped.width, x.canvas.width);
        EXPECT_LE(x.pad_y + x.cropped.height, x.canvas.height);
        EXPECT_GT(x.cropped.width, 0U);
        EXPECT_GT(x.cropped.height, 0U);
      }
}

} // namespace
} // namespace convertd
