#include "imaging/srgb_profile.hpp"
#include "tests/imaging/conversions.hpp"
#include "tests/support/likeness.hpp"

#include <Magick++.h>

namespace convertd {
namespace {

using enum image_format;

Magick::Image magick_image(const raster& x) {
  Magick::Image image;
  image.read(x.width, x.height, x.channels == 4 ? "RGBA" : "RGB", Magick::CharPixel,
             x.samples.data());
  return image;
}

std::string written(Magick::Image& image, const std::string& coder) {
  Magick::Blob blob;
  image.magick(coder);
  image.quality(98);
  image.write(&blob);
  return {static_cast<const char*>(blob.data()), blob.length()};
}

raster one_colour(std::vector<std::uint8_t> colour) {
  raster x{.width = 32, .height = 32, .channels = 3, .samples = {}};
  x.samples.resize(32 * 32 * 3);
  paint(x, 0, 0, 32, 32, std::move(colour));
  return x;
}

/// sRGB's primaries changed places: what the profile calls red is green.
Magick::Blob swapped_profile() {
  auto profile = srgb_profile();
  auto at = [&](std::string_view tag) {
    std::string_view text{reinterpret_cast<const char*>(profile.data()), profile.size()};
    return profile.begin() + static_cast<std::ptrdiff_t>(text.find(tag));
  };
  std::swap_ranges(at("rXYZ"), at("rXYZ") + 4, at("gXYZ"));
  return {profile.data(), profile.size()};
}

/// Without converting the pixels, which Magick++ would do.
void attach_profile(Magick::Image& image, const Magick::Blob& profile) {
  auto* info = MagickCore::BlobToStringInfo(profile.data(), profile.length());
#if MagickLibVersion >= 0x700
  MagickCore::SetImageProfile(image.image(), "icc", info, nullptr);
#else
  MagickCore::SetImageProfile(image.image(), "icc", info);
#endif
  MagickCore::DestroyStringInfo(info);
}

TEST(ColourTest, ProfileIsAppliedAndDropped) {
  auto image = magick_image(one_colour({200, 30, 40}));
  attach_profile(image, swapped_profile());
  auto source = written(image, "PNG");
  auto result = convert_bytes(png, source, {.target = png});
  ASSERT_FALSE(result.why) << result.why.text();
  EXPECT_LE(largest_difference(decoded(png, result.bytes), one_colour({30, 200, 40})), 3);
  EXPECT_EQ(result.bytes.find("iCCP"), std::string::npos);
}

/// What ImageMagick makes of each pixel in floating point, without any table.
raster by_magick(Magick::Image image, const std::vector<std::uint8_t>& profile) {
  auto srgb = srgb_profile();
  image.profile("ICC", Magick::Blob(profile.data(), profile.size()));
  image.renderingIntent(Magick::RelativeIntent);
  image.blackPointCompensation(true);
  image.profile("ICC", Magick::Blob(srgb.data(), srgb.size()));
  return decoded(png, written(image, "PNG"));
}

TEST(ColourTest, DisplayP3IsConvertedAsExactlyAsByFloatingPoint) {
  constexpr unsigned p3 = 12;
  constexpr unsigned srgb_curve = 13;
  auto profile = cicp_profile(p3, srgb_curve);
  auto scene = draw_scene(64, 48);
  for (std::size_t depth : {8, 16}) {
    auto image = magick_image(scene);
    attach_profile(image, Magick::Blob(profile.data(), profile.size()));
    image.defineValue("png", "bit-depth", std::to_string(depth));
    auto result = convert_bytes(png, written(image, "PNG"), {.target = png});
    auto converted = decoded(png, result.bytes);
    EXPECT_LE(largest_difference(converted, by_magick(magick_image(scene), profile)), 1) << depth;
    EXPECT_GT(largest_difference(converted, scene), 10) << "P3 is not sRGB";
  }
}

TEST(ColourTest, OurOwnProfileChangesNothing) {
  auto scene = draw_scene(64, 48);
  auto image = magick_image(scene);
  auto profile = srgb_profile();
  image.profile("ICC", Magick::Blob(profile.data(), profile.size()));
  auto result = convert_bytes(tiff, written(image, "TIFF"), {.target = png});
  EXPECT_LE(largest_difference(decoded(png, result.bytes), scene), 1);
}

TEST(ColourTest, DamagedProfileIsIgnored) {
  auto scene = draw_scene(64, 48);
  auto jpeg = encoded(scene, jpg);
  std::string junk = std::string("ICC_PROFILE\0\1\1", 14) + std::string(200, 'x');
  std::string head{'\xFF', '\xE2', 0, static_cast<char>(junk.size() + 2)};
  auto result =
    convert_bytes(jpg, jpeg.substr(0, 2) + head + junk + jpeg.substr(2), {.target = png});
  ASSERT_FALSE(result.why) << result.why.text();
  EXPECT_GT(likeness(decoded(png, result.bytes), scene), 0.94);
}

TEST(ColourTest, CmykBecomesRgb) {
  for (std::string coder : {"JPEG", "TIFF"}) {
    auto image = magick_image(one_colour({200, 60, 40}));
    image.colorSpace(Magick::CMYKColorspace);
    auto from = coder == "JPEG" ? jpg : tiff;
    for (auto to : {jpg, png, webp, avif, bmp}) {
      auto result = convert_bytes(from, written(image, coder), {.target = to, .quality = 98});
      ASSERT_FALSE(result.why) << coder << result.why.text();
      EXPECT_LE(largest_difference(decoded(to, result.bytes), one_colour({200, 60, 40})), 8)
        << coder << " to " << facts_of(to).name;
    }
  }
}

TEST(ColourTest, GreyStaysGrey) {
  auto image = magick_image(one_colour({90, 90, 90}));
  image.type(Magick::GrayscaleType);
  for (auto to : {jpg, png, webp, tiff, bmp}) {
    auto result = convert_bytes(png, written(image, "PNG"), {.target = to, .quality = 98});
    EXPECT_LE(largest_difference(decoded(to, result.bytes), one_colour({90, 90, 90})), 2)
      << facts_of(to).name;
  }
}

std::string sixteen_bit_png() {
  std::vector<std::uint16_t> samples(32 * 32 * 3);
  for (std::size_t i = 0; i < samples.size(); ++i)
    samples[i] = static_cast<std::uint16_t>(i * 21 + 7);
  Magick::Image image;
  image.read(32, 32, "RGB", Magick::ShortPixel, samples.data());
  image.depth(16);
  return written(image, "PNG");
}

std::vector<std::uint16_t> wide_samples(const std::string& file) {
  Magick::Image image{Magick::Blob(file.data(), file.size())};
  std::vector<std::uint16_t> samples(image.columns() * image.rows() * 3);
  image.write(0, 0, image.columns(), image.rows(), "RGB", Magick::ShortPixel, samples.data());
  return samples;
}

std::size_t magick_depth(const std::string& file) {
  return Magick::Image{Magick::Blob(file.data(), file.size())}.depth();
}

TEST(ColourTest, SixteenBitsStayWhereTheTargetHasThem) {
  auto source = sixteen_bit_png();
  for (auto to : {png, tiff}) {
    auto result = convert_bytes(png, source, {.target = to});
    ASSERT_FALSE(result.why) << result.why.text();
    EXPECT_EQ(magick_depth(result.bytes), 16u) << facts_of(to).name;
    EXPECT_EQ(wide_samples(result.bytes), wide_samples(source)) << facts_of(to).name;
  }
}

TEST(ColourTest, SixteenBitsBecomeEightElsewhere) {
  for (auto to : {jpg, webp, bmp}) {
    auto result = convert_bytes(png, sixteen_bit_png(), {.target = to});
    auto header = probe_image(to, as_bytes_view(result.bytes), {});
    EXPECT_EQ(std::get<source_header>(header).depth, 8u) << facts_of(to).name;
  }
}

TEST(ColourTest, AlphaIsKeptWhereTheTargetHasIt) {
  auto scene = draw_scene(64, 48, 4);
  for (auto to : {png, webp, avif, tiff}) {
    auto result = convert_bytes(png, encoded(scene, png), {.target = to, .quality = 95});
    auto picture = decoded(to, result.bytes);
    EXPECT_NEAR(picture.samples[63 * 4 + 3], scene.samples[63 * 4 + 3], 6) << facts_of(to).name;
    EXPECT_GT(likeness(picture, scene), 0.94) << facts_of(to).name;
  }
}

TEST(ColourTest, AlphaIsFlattenedOntoWhite) {
  raster clear{.width = 16, .height = 16, .channels = 4, .samples = {}};
  clear.samples.resize(16 * 16 * 4); // black and invisible
  auto scene = draw_scene(64, 48, 4);
  for (auto to : {jpg, bmp}) {
    auto nothing = decoded(to, convert_bytes(png, encoded(clear, png), {.target = to}).bytes);
    EXPECT_GE(*std::min_element(nothing.samples.begin(), nothing.samples.end()), 254);
    auto result = convert_bytes(png, encoded(scene, png), {.target = to, .quality = 95});
    EXPECT_GT(likeness(decoded(to, result.bytes), scene), 0.94) << facts_of(to).name;
  }
}

} // namespace
} // namespace convertd
