#include "tests/imaging/conversions.hpp"
#include "tests/support/containers.hpp"
#include "tests/support/likeness.hpp"

namespace convertd {
namespace {

using enum image_format;

std::string heif_of(const raster& x, const conversion& what = {.target = heif, .quality = 95}) {
  auto result = convert_bytes(png, encoded(x, png), what);
  EXPECT_FALSE(result.why) << result.why.text();
  return result.bytes;
}

TEST(HeifFileTest, AlphaIsKeptBothWays) {
  auto scene = draw_scene(96, 64, 4);
  auto file = heif_of(scene);
  EXPECT_EQ(sniff(as_bytes_view(file)), heif);
  auto header = std::get<source_header>(probe_image(heif, as_bytes_view(file), {}));
  EXPECT_TRUE(header.alpha);
  EXPECT_EQ(header.width, 96u);
  EXPECT_EQ(header.depth, 8u);
  auto back = decoded(png, convert_bytes(heif, file, {.target = png}).bytes);
  EXPECT_GT(likeness(back, scene), 0.93);
  EXPECT_NEAR(back.samples[95 * 4 + 3], scene.samples[95 * 4 + 3], 12);
}

TEST(HeifFileTest, OddSidesAreKept) {
  auto scene = draw_scene(97, 65);
  auto result = convert_bytes(heif, heif_of(scene), {.target = png});
  ASSERT_FALSE(result.why) << result.why.text();
  EXPECT_GT(likeness(decoded(png, result.bytes), scene), 0.93);
}

TEST(HeifFileTest, LowerQualityIsSmaller) {
  auto scene = draw_scene(320, 240);
  EXPECT_LT(heif_of(scene, {.target = heif, .quality = 30}).size(), heif_of(scene).size());
}

TEST(HeifFileTest, MetadataIsKeptUnlessStripped) {
  auto source = with_exif(encoded(draw_scene(120, 80), jpg), exif_block(1, 120, 80));
  for (auto strip : {true, false}) {
    auto file = convert_bytes(jpg, source, {.target = heif, .strip_metadata = strip}).bytes;
    EXPECT_EQ(file.find("Picasso") == std::string::npos, strip);
    auto back = convert_bytes(heif, file, {.target = jpg}).bytes;
    EXPECT_EQ(back.find("Picasso") == std::string::npos, strip);
  }
}

class HeifOrientation : public testing::TestWithParam<int> {};

TEST_P(HeifOrientation, BecomesATurnWhereItIsLeftAlone) {
  auto scene = draw_scene(96, 64);
  auto stored = stored_as(scene, GetParam());
  auto source = with_exif(encoded(stored, jpg), exif_block(GetParam(), 96, 64));
  auto result = convert_bytes(jpg, source, {.target = heif, .quality = 95, .auto_orient = false});
  ASSERT_FALSE(result.why) << result.why.text();
  auto back = convert_bytes(heif, result.bytes, {.target = bmp});
  ASSERT_FALSE(back.why) << back.why.text();
  EXPECT_EQ(back.width, 96u);
  EXPECT_GT(likeness(decoded(bmp, back.bytes), scene), 0.93);
}

INSTANTIATE_TEST_SUITE_P(All, HeifOrientation, testing::Range(1, 9));

TEST(HeifFileTest, EveryDamageEndsInAnAnswer) {
  auto file = heif_of(draw_scene(40, 30, 4));
  for (std::size_t at = 0; at < file.size(); at += 1 + at / 64) {
    auto damaged = file;
    damaged[at] = static_cast<char>(~damaged[at]);
    auto code = convert_bytes(heif, damaged, {.target = bmp}).why.code;
    EXPECT_TRUE(code == ec::none || code == ec::decode_failed || code == ec::too_large
                || code == ec::unsupported_input)
      << at << " " << code_of(code);
  }
}

} // namespace
} // namespace convertd
