#include "imaging/imaging_error.hpp"
#include "tests/imaging/avif_made.hpp"
#include "tests/imaging/conversions.hpp"
#include "tests/support/containers.hpp"
#include "tests/support/likeness.hpp"

namespace convertd {
namespace {

using enum image_format;

TEST(AvifFileTest, AlphaIsKeptBothWays) {
  auto scene = draw_scene(96, 64, 4);
  auto file = convert_bytes(png, encoded(scene, png), {.target = avif, .quality = 90}).bytes;
  EXPECT_TRUE(header_of(avif, file).alpha);
  auto back = decoded(png, convert_bytes(avif, file, {.target = png}).bytes);
  EXPECT_GT(likeness(back, scene), 0.94);
  for (std::size_t i = 3; i < back.samples.size(); i += 4)
    ASSERT_NEAR(back.samples[i], scene.samples[i], 12) << i;
}

TEST(AvifFileTest, FileWithoutAlphaGetsNone) {
  auto file = convert_bytes(png, encoded(draw_scene(96, 64), png), {.target = avif}).bytes;
  EXPECT_FALSE(header_of(avif, file).alpha);
}

TEST(AvifFileTest, EveryLayoutOfPlanesIsRead) {
  auto scene = draw_scene(131, 97); // odd, and more than one band of rows
  for (auto format : {AVIF_PIXEL_FORMAT_YUV444, AVIF_PIXEL_FORMAT_YUV422, AVIF_PIXEL_FORMAT_YUV420})
    for (auto depth : {8u, 10u, 12u}) {
      auto file = avif_made(scene, {.depth = depth, .format = format});
      EXPECT_EQ(header_of(avif, file).depth, depth);
      auto result = convert_bytes(avif, file, {.target = png});
      ASSERT_FALSE(result.why) << result.why.text();
      EXPECT_GT(likeness(decoded(png, result.bytes), scene), 0.93) << format << " " << depth;
      EXPECT_EQ(header_of(png, result.bytes).depth, depth > 8 ? 16u : 8u);
    }
}

TEST(AvifFileTest, GreyIsRead) {
  raster grey{.width = 80, .height = 70, .channels = 3, .samples = {}};
  for (std::size_t i = 0; i < 80 * 70 * 3; ++i)
    grey.samples.push_back(static_cast<std::uint8_t>(i / 3 % 80 * 3));
  auto file = avif_made(grey, {.format = AVIF_PIXEL_FORMAT_YUV400});
  auto result = convert_bytes(avif, file, {.target = png});
  EXPECT_LE(largest_difference(decoded(png, result.bytes), grey), 8);
}

TEST(AvifFileTest, WidePicturesGetTenBits) {
  auto wide = convert_bytes(avif, avif_made(draw_scene(64, 48), {.depth = 12}), {.target = png});
  ASSERT_EQ(header_of(png, wide.bytes).depth, 16u);
  auto file = convert_bytes(png, wide.bytes, {.target = avif, .quality = 90}).bytes;
  EXPECT_EQ(header_of(avif, file).depth, 10u);
  EXPECT_GT(likeness(decoded(avif, file), draw_scene(64, 48)), 0.93);
}

TEST(AvifFileTest, QualityOfAHundredIsWithoutLoss) {
  auto scene = draw_scene(70, 70, 4);
  auto file = convert_bytes(png, encoded(scene, png), {.target = avif, .quality = 100}).bytes;
  EXPECT_EQ(decoded(avif, file).samples, scene.samples);
}

/// A quarter against the clock moves what is right to the top.
raster quarter(const raster& x) {
  return rearranged(x, x.height, x.width, [&](auto column, auto row) {
    return std::pair{x.width - 1 - row, column};
  });
}

raster mirrored(const raster& x, int axis) {
  return rearranged(x, x.width, x.height, [&](auto column, auto row) {
    return axis == 0 ? std::pair{column, x.height - 1 - row} : std::pair{x.width - 1 - column, row};
  });
}

class AvifTurn : public testing::TestWithParam<std::tuple<int, int>> {};

TEST_P(AvifTurn, IsAppliedWhateverIsAsked) {
  auto [quarters, mirror] = GetParam();
  auto scene = draw_scene(96, 64);
  auto file = avif_made(scene, {.change = [quarters = quarters, mirror = mirror](avifImage& x) {
                          x.transformFlags = AVIF_TRANSFORM_IROT;
                          x.irot.angle = static_cast<std::uint8_t>(quarters);
                          if (mirror < 0)
                            return;
                          x.transformFlags |= AVIF_TRANSFORM_IMIR;
                          reinterpret_cast<std::uint8_t&>(x.imir) =
                            static_cast<std::uint8_t>(mirror);
                        }});
  auto shown = scene;
  for (int i = 0; i < quarters; ++i)
    shown = quarter(shown);
  if (mirror >= 0)
    shown = mirrored(shown, mirror);
  auto header = header_of(avif, file);
  EXPECT_EQ(header.width, shown.width);
  EXPECT_EQ(header.height, shown.height);
  EXPECT_EQ(header.orientation, 1);
  for (auto orient : {true, false}) {
    auto result = convert_bytes(avif, file, {.target = bmp, .auto_orient = orient});
    ASSERT_FALSE(result.why) << result.why.text();
    EXPECT_GT(likeness(decoded(bmp, result.bytes), shown), 0.93);
  }
}

INSTANTIATE_TEST_SUITE_P(All, AvifTurn,
                         testing::Combine(testing::Range(0, 4), testing::Values(-1, 0, 1)));

class AvifOrientation : public testing::TestWithParam<int> {};

TEST_P(AvifOrientation, BecomesATurnWhereItIsLeftAlone) {
  auto scene = draw_scene(96, 64);
  auto stored = stored_as(scene, GetParam());
  auto source = with_exif(encoded(stored, jpg), exif_block(GetParam(), 96, 64));
  for (auto strip : {true, false}) {
    auto result = convert_bytes(
      jpg, source, {.target = avif, .quality = 90, .auto_orient = false, .strip_metadata = strip});
    ASSERT_FALSE(result.why) << result.why.text();
    EXPECT_GT(likeness(decoded(avif, result.bytes), scene), 0.93) << strip;
  }
}

INSTANTIATE_TEST_SUITE_P(All, AvifOrientation, testing::Range(1, 9));

TEST(AvifFileTest, ExifHasNoSayInWhatIsShown) {
  auto scene = draw_scene(96, 64);
  auto block = exif_block(6, 96, 64);
  auto file = avif_made(scene, {.change = [&](avifImage& x) {
                          avifRWDataFree(&x.exif);
                          x.exif.data = static_cast<std::uint8_t*>(avifAlloc(block.size() - 6));
                          x.exif.size = block.size() - 6;
                          std::copy(block.begin() + 6, block.end(), x.exif.data);
                        }});
  auto result = convert_bytes(avif, file, {.target = jpg});
  ASSERT_FALSE(result.why) << result.why.text();
  EXPECT_GT(likeness(decoded(jpg, result.bytes), scene), 0.93);
  EXPECT_EQ(header_of(jpg, result.bytes).orientation, 1);
  EXPECT_NE(result.bytes.find("Picasso"), std::string::npos);
}

TEST(AvifFileTest, MetadataIsKeptUnlessStripped) {
  auto source = with_exif(encoded(draw_scene(120, 80), jpg), exif_block(1, 120, 80));
  for (auto strip : {true, false}) {
    auto file = convert_bytes(jpg, source, {.target = avif, .strip_metadata = strip}).bytes;
    EXPECT_EQ(file.find("Picasso") == std::string::npos, strip);
    EXPECT_EQ(file.find("THUMBNAIL"), std::string::npos);
    auto back = convert_bytes(avif, file, {.target = jpg}).bytes;
    EXPECT_EQ(back.find("Picasso") == std::string::npos, strip);
  }
}

TEST(AvifFileTest, ColoursOfOtherSpacesBecomeSrgb) {
  raster green{.width = 32, .height = 32, .channels = 3, .samples = {}};
  green.samples.resize(32 * 32 * 3);
  paint(green, 0, 0, 32, 32, {100, 200, 100});
  auto shown_as = [&](avifColorPrimaries primaries, avifTransferCharacteristics transfer) {
    auto file = avif_made(green, {.change = [=](avifImage& x) {
                            x.colorPrimaries = primaries;
                            x.transferCharacteristics = transfer;
                          }});
    auto result = convert_bytes(avif, file, {.target = png});
    EXPECT_FALSE(result.why) << result.why.text();
    auto x = decoded(png, result.bytes).samples;
    return std::array<int, 3>{x[0], x[1], x[2]};
  };
  constexpr auto srgb = AVIF_TRANSFER_CHARACTERISTICS_SRGB;
  auto plain = shown_as(AVIF_COLOR_PRIMARIES_BT709, srgb);
  EXPECT_NEAR(plain[0], 100, 3);
  EXPECT_LT(shown_as(AVIF_COLOR_PRIMARIES_SMPTE432, srgb)[0], 80); // P3: a stronger green
  EXPECT_LT(shown_as(AVIF_COLOR_PRIMARIES_BT2020, srgb)[0], 40);
  EXPECT_GT(shown_as(AVIF_COLOR_PRIMARIES_BT709, AVIF_TRANSFER_CHARACTERISTICS_LINEAR)[0], 160);
  EXPECT_EQ(shown_as(AVIF_COLOR_PRIMARIES_BT2020, AVIF_TRANSFER_CHARACTERISTICS_SMPTE2084), plain);
}

void set_crop(avifImage& x) {
  avifCropRect rect{32, 16, 64, 40};
  avifDiagnostics ignored{};
  ASSERT_TRUE(
    avifCleanApertureBoxConvertCropRect(&x.clap, &rect, x.width, x.height, x.yuvFormat, &ignored));
  x.transformFlags = AVIF_TRANSFORM_CLAP;
}

TEST(AvifFileTest, CropIsApplied) {
  auto scene = draw_scene(128, 96);
  auto file = avif_made(scene, {.change = set_crop});
  EXPECT_EQ(header_of(avif, file).width, 64u);
  auto result = convert_bytes(avif, file, {.target = png});
  ASSERT_FALSE(result.why) << result.why.text();
  auto part = rearranged(scene, 64, 40, [](auto x, auto y) { return std::pair{x + 32, y + 16}; });
  EXPECT_GT(likeness(decoded(png, result.bytes), part), 0.93);
}

TEST(AvifFileTest, FirstFrameOfASequenceIsRead) {
  auto scene = draw_scene(96, 64);
  auto file = avif_made(scene, {.frames = 3});
  EXPECT_EQ(header_of(avif, file).frames, 1u);
  auto result = convert_bytes(avif, file, {.target = png});
  ASSERT_FALSE(result.why) << result.why.text();
  EXPECT_GT(likeness(decoded(png, result.bytes), scene), 0.93);
}

TEST(AvifFileTest, TrackThatIsNoPictureCostsNoPicture) {
  auto scene = draw_scene(96, 64);
  auto file = avif_made(scene, {.frames = 3});
  auto track = file.find("tkhd");
  ASSERT_NE(track, std::string::npos);
  file.replace(track + 80, 8, 8, '\0'); // its size, as one of sound has it
  auto result = convert_bytes(avif, file, {.target = png});
  ASSERT_FALSE(result.why) << result.why.text();
  EXPECT_GT(likeness(decoded(png, result.bytes), scene), 0.93);
}

TEST(AvifFileTest, FramesMuchLargerThanTheFileSaysAreRefused) {
  auto file = avif_made(draw_scene(1600, 1200, 3));
  auto size = file.find("ispe") + 8;
  file.replace(size, 8, std::string("\0\0\0\x40\0\0\0\x30", 8));
  EXPECT_EQ(header_of(avif, file).width, 64u);
  EXPECT_EQ(convert_bytes(avif, file, {.target = png}).why.code, ec::decode_failed);
}

TEST(AvifFileTest, SlightlyOtherFramesTakeTheSizeThatWasHeldAgainstTheLimits) {
  auto file = avif_made(draw_scene(96, 64));
  auto size = file.find("ispe") + 8;
  for (char other : {95, 97}) {
    file[size + 3] = other;
    auto result = convert_bytes(avif, file, {.target = png});
    EXPECT_TRUE(result.why.code == ec::decode_failed
                || result.width == static_cast<std::uint32_t>(other));
  }
}

TEST(AvifFileTest, HugeSizesAreTooLarge) {
  auto file = avif_made(draw_scene(96, 64));
  file[file.find("ispe") + 8] = '\x7F';
  EXPECT_EQ(convert_bytes(avif, file, {.target = png}).why.code, ec::too_large);
}

TEST(AvifFileTest, EveryDamageEndsInAnAnswer) {
  auto file = avif_made(draw_scene(40, 30, 4));
  for (std::size_t at = 0; at < file.size(); ++at) {
    auto damaged = file;
    damaged[at] = static_cast<char>(~damaged[at]);
    auto code = convert_bytes(avif, damaged, {.target = bmp}).why.code;
    EXPECT_TRUE(code == ec::none || code == ec::decode_failed || code == ec::too_large)
      << at << " " << code_of(code);
  }
}

} // namespace
} // namespace convertd
