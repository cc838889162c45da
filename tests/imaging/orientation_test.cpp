#include "tests/imaging/conversions.hpp"
#include "tests/support/likeness.hpp"

namespace convertd {
namespace {

using enum image_format;

std::string oriented_jpeg(const raster& scene, int orientation) {
  auto stored = stored_as(scene, orientation);
  auto block = exif_block(orientation, static_cast<std::uint16_t>(stored.width),
                          static_cast<std::uint16_t>(stored.height));
  return with_exif(encoded(stored, jpg), block);
}

class Orientation : public testing::TestWithParam<int> {};

TEST_P(Orientation, IsReadFromTheHeader) {
  auto source = oriented_jpeg(draw_scene(120, 80), GetParam());
  auto probed = probe_image(jpg, as_bytes_view(source), {});
  auto& header = std::get<source_header>(probed);
  EXPECT_EQ(header.orientation, GetParam());
  EXPECT_EQ(header.width, GetParam() >= 5 ? 80u : 120u);
}

TEST_P(Orientation, GivesTheSameUprightPicture) {
  auto scene = draw_scene(120, 80);
  auto result = convert_bytes(jpg, oriented_jpeg(scene, GetParam()), {.target = png});
  ASSERT_FALSE(result.why) << result.why.text();
  EXPECT_GT(likeness(decoded(png, result.bytes), scene), 0.94);
}

TEST_P(Orientation, IsAppliedBeforeTheSizeIsChosen) {
  auto result = convert_bytes(jpg, oriented_jpeg(draw_scene(120, 80), GetParam()),
                              {.target = png, .resize = resize_mode::width, .width = 60});
  ASSERT_FALSE(result.why) << result.why.text();
  EXPECT_GT(likeness(decoded(png, result.bytes), draw_scene(60, 40)), 0.8);
}

TEST_P(Orientation, CropIsOfTheUprightPicture) {
  auto result = convert_bytes(jpg, oriented_jpeg(draw_scene(160, 80), GetParam()),
                              {.target = png, .resize = resize_mode::square, .width = 80});
  ASSERT_FALSE(result.why) << result.why.text();
  auto scene = draw_scene(160, 80);
  auto middle = rearranged(scene, 80, 80, [](auto x, auto y) { return std::pair{x + 40, y}; });
  EXPECT_GT(likeness(decoded(png, result.bytes), middle), 0.94);
}

TEST_P(Orientation, IsLeftAloneWhenAsked) {
  auto scene = draw_scene(120, 80);
  auto result = convert_bytes(jpg, oriented_jpeg(scene, GetParam()),
                              {.target = jpg, .quality = 95, .auto_orient = false});
  ASSERT_FALSE(result.why) << result.why.text();
  EXPECT_GT(likeness(decoded(jpg, result.bytes), stored_as(scene, GetParam())), 0.94);
  auto header = probe_image(jpg, as_bytes_view(result.bytes), {});
  EXPECT_EQ(std::get<source_header>(header).orientation, GetParam());
}

TEST_P(Orientation, IsOneAfterItWasApplied) {
  auto source = oriented_jpeg(draw_scene(120, 80), GetParam());
  for (auto to : {jpg, png, webp, tiff}) {
    auto result = convert_bytes(jpg, source, {.target = to});
    auto header = probe_image(to, as_bytes_view(result.bytes), {});
    EXPECT_EQ(std::get<source_header>(header).orientation, 1) << facts_of(to).name;
  }
}

INSTANTIATE_TEST_SUITE_P(All, Orientation, testing::Range(1, 9));

} // namespace
} // namespace convertd
