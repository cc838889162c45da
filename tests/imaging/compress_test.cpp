#include "imaging/compressor.hpp"
#include "imaging/imaging_error.hpp"
#include "imaging/jpeg_coefficients.hpp"
#include "tests/imaging/conversions.hpp"
#include "tests/support/likeness.hpp"

namespace convertd {
namespace {

using enum image_format;

conversion compress_to(std::uint8_t quality) {
  return {.quality = quality, .op = operation::compress};
}

converted compressed(image_format format, const std::string& source, conversion what) {
  settle_for_source(what, format);
  return convert_bytes(format, source, what);
}

/// Enough in it that the picture and not the file's heads make its size.
raster busy_scene(std::uint32_t width, std::uint32_t height, std::uint32_t channels = 3) {
  auto x = draw_scene(width, height, channels);
  std::uint32_t noise = 1;
  for (std::size_t i = 0; i < x.samples.size(); ++i)
    if (channels == 3 || i % 4 != 3) {
      noise = noise * 1664525 + 1013904223;
      x.samples[i] =
        static_cast<std::uint8_t>(std::clamp(x.samples[i] + int(noise >> 28) - 8, 0, 255));
    }
  return x;
}

TEST(CompressTest, KeepsFormatAndSizeAndTakesFewerBytes) {
  for (auto format : {jpg, png, webp, avif, tiff, gif, bmp}) {
    auto source = encoded(busy_scene(240, 160), format, 97);
    auto done = compressed(format, source, compress_to(60));
    ASSERT_FALSE(done.why) << facts_of(format).name;
    EXPECT_LE(done.bytes.size(), source.size()) << facts_of(format).name;
    auto picture = decoded(format, done.bytes);
    EXPECT_EQ(picture.width, 240u);
    EXPECT_EQ(picture.height, 160u);
  }
}

TEST(CompressTest, JpegQualitySaysHowMuchIsLost) {
  auto scene = busy_scene(320, 240);
  auto source = encoded(scene, jpg, 98);
  std::size_t last = source.size();
  for (std::uint8_t quality : {95, 80, 50, 20, 1}) {
    auto done = compressed(jpg, source, compress_to(quality));
    EXPECT_LT(done.bytes.size(), last) << int{quality};
    EXPECT_EQ(done.quality, quality);
    last = done.bytes.size();
  }
}

TEST(CompressTest, WhatCannotShrinkStaysAsItIs) {
  auto source = encoded(busy_scene(200, 100), jpg, 70);
  auto once = compressed(jpg, source, compress_to(70));
  auto twice = compressed(jpg, once.bytes, compress_to(70));
  EXPECT_EQ(twice.bytes, once.bytes);
  EXPECT_EQ(twice.quality, 0);
}

TEST(CompressTest, JpegIsProgressive) {
  auto done = compressed(jpg, encoded(busy_scene(640, 480), jpg), compress_to(95));
  EXPECT_NE(done.bytes.find("\xFF\xC2"), std::string::npos);
}

TEST(CompressTest, JpegWithoutLossHasTheSamePixels) {
  auto source = with_exif(encoded(busy_scene(640, 480), jpg, 95), exif_block(6, 640, 480));
  auto done = compressed(jpg, source, {.op = operation::compress, .lossless = true});
  EXPECT_LT(done.bytes.size(), source.size());
  EXPECT_NE(done.bytes.find("Picasso"), std::string::npos);
  EXPECT_EQ(decoded(jpg, done.bytes).samples, decoded(jpg, source).samples);
  EXPECT_EQ(std::get<source_header>(probe_image(jpg, as_bytes_view(done.bytes), {})).orientation,
            6);
}

TEST(CompressTest, StrippedJpegIsUprightWithoutATag) {
  auto scene = draw_scene(160, 80);
  for (int orientation = 1; orientation <= 8; ++orientation) {
    auto stored = encoded(stored_as(scene, orientation), jpg, 95);
    auto source = with_exif(stored, exif_block(orientation, 1, 1));
    for (auto lossless : {true, false}) {
      auto done = compressed(
        jpg, source,
        {.quality = 90, .strip_metadata = true, .op = operation::compress, .lossless = lossless});
      ASSERT_FALSE(done.why);
      EXPECT_EQ(done.bytes.find("Exif"), std::string::npos) << orientation;
      EXPECT_EQ(done.width, 160u);
      EXPECT_EQ(done.height, 80u);
      EXPECT_GT(likeness(decoded(jpg, done.bytes), scene), 0.9) << orientation;
    }
  }
}

TEST(CompressTest, StrippedJpegOfAnySizeIsUpright) {
  auto scene = draw_scene(163, 81);
  for (int orientation = 2; orientation <= 8; ++orientation) {
    auto source =
      with_exif(encoded(stored_as(scene, orientation), jpg, 95), exif_block(orientation, 1, 1));
    auto lossy =
      compressed(jpg, source, {.quality = 80, .strip_metadata = true, .op = operation::compress});
    EXPECT_EQ(lossy.bytes.find("Exif"), std::string::npos) << orientation;
    EXPECT_GT(likeness(decoded(jpg, lossy.bytes), scene), 0.9) << orientation;
    // Its last blocks are cut short: no turn without loss would bring them to the front.
    auto lossless = compressed(
      jpg, source, {.strip_metadata = true, .op = operation::compress, .lossless = true});
    EXPECT_EQ(lossless.bytes.find("Picasso"), std::string::npos) << orientation;
    auto upright = convert_bytes(jpg, lossless.bytes, {.target = png});
    EXPECT_GT(likeness(decoded(png, upright.bytes), scene), 0.9) << orientation;
  }
}

TEST(CompressTest, TargetSizeIsComeCloseToAndNotExceeded) {
  auto source = encoded(busy_scene(640, 480), jpg, 95);
  for (double share : {0.3, 0.5, 0.7, 0.95}) {
    auto target = static_cast<std::uint64_t>(share * static_cast<double>(source.size()));
    auto done = compressed(
      jpg, source,
      {.op = operation::compress, .mode = compress_mode::target_size, .target_bytes = target});
    ASSERT_FALSE(done.why) << share;
    EXPECT_LE(done.bytes.size(), target) << share;
    EXPECT_GE(static_cast<double>(done.bytes.size()), 0.9 * static_cast<double>(target)) << share;
  }
}

TEST(CompressTest, TargetThatCannotBeReachedSaysWhatCan) {
  auto source = encoded(busy_scene(640, 480), jpg, 95);
  auto with_target = [&](std::uint64_t bytes) {
    return compressed(
      jpg, source,
      {.op = operation::compress, .mode = compress_mode::target_size, .target_bytes = bytes});
  };
  auto refused = with_target(100);
  EXPECT_EQ(refused.why.code, ec::target_unreachable);
  auto smallest = std::stoull(refused.why.detail);
  EXPECT_GT(smallest, 100u);
  EXPECT_EQ(with_target(smallest).bytes.size(), smallest);
  EXPECT_EQ(with_target(smallest - 1).why.code, ec::target_unreachable);
}

TEST(CompressTest, FormatsThatAreNotWrittenAreRefused) {
  source_header header{.format = psd, .width = 1, .height = 1};
  auto done = convert_image(header, {}, compress_to(80), {});
  EXPECT_EQ(std::get<failure>(done).code, ec::unsupported_input);
}

/// 8 × 8 white pixels, whose one coefficient has more bits than encoders write.
std::string jpeg_with_a_huge_coefficient() {
  auto segment = [](char marker, const std::string& data) {
    return std::string{'\xFF', marker, '\0', static_cast<char>(data.size() + 2)} + data;
  };
  auto one_code = [](char table, char symbol) { // of one bit
    return std::string{table, '\1'} + std::string(15, '\0') + symbol;
  };
  return std::string("\xFF\xD8", 2) + segment('\xFE', std::string(100, 'c'))
         + segment('\xDB', '\0' + std::string(64, '\1'))
         + segment('\xC0', std::string("\x08\0\x08\0\x08\1\1\x11\0", 9))
         + segment('\xC4', one_code('\0', '\x0C')) + segment('\xC4', one_code('\x10', '\0'))
         + segment('\xDA', std::string("\1\1\0\0\x3F\0", 6))
         + std::string("\x4E\x23\xFF\xD9", 4); // 0, 100111000100 = 2500, 0, ones
}

TEST(CompressTest, JpegThatNoEncoderWritesIsDrawnAnew) {
  auto source = jpeg_with_a_huge_coefficient();
  auto header = std::get<source_header>(probe_image(jpg, as_bytes_view(source), {}));
  EXPECT_THROW(jpeg_coefficients{as_bytes_view(source)}.encode(100, {}), imaging_error);
  auto lossy = compress_jpeg(header, as_bytes_view(source), compress_to(100))->lossy(100);
  ASSERT_TRUE(lossy);
  auto picture = decode_raster(jpg, lossy->bytes);
  EXPECT_EQ(picture.width, 8u);
  EXPECT_GE(*std::ranges::min_element(picture.samples), 250);
}

} // namespace
} // namespace convertd
