#include "tests/imaging/conversions.hpp"
#include "tests/support/containers.hpp"
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

/// TIFF has the orientation in a tag of its own, and is written by us.
std::string oriented(image_format format, const raster& scene, int orientation) {
  auto stored = stored_as(scene, orientation);
  auto block = exif_block(orientation, static_cast<std::uint16_t>(stored.width),
                          static_cast<std::uint16_t>(stored.height));
  if (format == png)
    return png_with_exif(encoded(stored, png), block);
  if (format == webp)
    return webp_file(webp_canvas(8, stored.width, stored.height) + webp_image_chunks(stored, 95)
                     + webp_chunk("EXIF", block.substr(6)));
  conversion as_stored{.target = format, .auto_orient = false};
  return convert_bytes(jpg, oriented_jpeg(scene, orientation), as_stored).bytes;
}

using format_and_orientation = std::tuple<image_format, int>;

class OrientationOf : public testing::TestWithParam<format_and_orientation> {
protected:
  image_format format = std::get<0>(GetParam());
  int orientation = std::get<1>(GetParam());
  std::string source = oriented(format, draw_scene(120, 80), orientation);
};

TEST_P(OrientationOf, IsReadFromTheHeader) {
  auto probed = probe_image(format, as_bytes_view(source), {});
  auto& header = std::get<source_header>(probed);
  EXPECT_EQ(header.orientation, orientation);
  EXPECT_EQ(header.width, orientation >= 5 ? 80u : 120u);
}

TEST_P(OrientationOf, GivesTheSameUprightPicture) {
  auto result = convert_bytes(format, source, {.target = bmp});
  ASSERT_FALSE(result.why) << result.why.text();
  EXPECT_GT(likeness(decoded(bmp, result.bytes), draw_scene(120, 80)), 0.94);
}

TEST_P(OrientationOf, IsOneAfterItWasApplied) {
  for (auto to : {jpg, png, webp, tiff}) {
    auto result = convert_bytes(format, source, {.target = to});
    auto header = probe_image(to, as_bytes_view(result.bytes), {});
    EXPECT_EQ(std::get<source_header>(header).orientation, 1) << facts_of(to).name;
    EXPECT_EQ(std::get<source_header>(header).width, 120u) << facts_of(to).name;
  }
}

TEST_P(OrientationOf, IsLeftAloneWhenAsked) {
  auto result = convert_bytes(format, source, {.target = format, .auto_orient = false});
  ASSERT_FALSE(result.why) << result.why.text();
  auto header = probe_image(format, as_bytes_view(result.bytes), {});
  EXPECT_EQ(std::get<source_header>(header).orientation, orientation);
  EXPECT_GT(likeness(decoded(format, result.bytes), stored_as(draw_scene(120, 80), orientation)),
            0.9);
}

INSTANTIATE_TEST_SUITE_P(All, OrientationOf,
                         testing::Combine(testing::Values(png, webp, tiff), testing::Range(1, 9)),
                         [](const auto& x) {
                           return std::string{facts_of(std::get<0>(x.param)).name}
                                  + std::to_string(std::get<1>(x.param));
                         });

TEST(OrientationTest, PngKeepsItsExif) {
  auto source = oriented(png, draw_scene(120, 80), 6);
  for (auto to : {jpg, png, webp}) {
    auto kept = convert_bytes(png, source, {.target = to});
    EXPECT_NE(kept.bytes.find("Picasso"), std::string::npos) << facts_of(to).name;
    auto stripped = convert_bytes(png, source, {.target = to, .strip_metadata = true});
    EXPECT_EQ(stripped.bytes.find("Picasso"), std::string::npos) << facts_of(to).name;
  }
}

TEST(OrientationTest, DamagedPngChunksAreNoOrientation) {
  auto source = oriented(png, draw_scene(20, 20), 6);
  for (std::size_t size = 0; size < source.size(); ++size)
    probe_image(png, as_bytes_view(source.substr(0, size)), {});
  for (auto damaged : {png_with_exif(encoded(draw_scene(20, 20), png), "123456"),
                       png_with_exif(encoded(draw_scene(20, 20), png), "123456MM\0*")}) {
    auto result = convert_bytes(png, damaged, {.target = jpg});
    EXPECT_FALSE(result.why) << result.why.text();
    EXPECT_EQ(result.width, 20u);
  }
}

} // namespace
} // namespace convertd
