// The engine of PNG and WebP beside ImageMagick.
#include "imaging/png_picture.hpp"
#include "imaging/srgb_profile.hpp"
#include "tests/imaging/engine_answers.hpp"
#include "tests/support/containers.hpp"

#include <Magick++.h>

namespace convertd {
namespace {

using enum image_format;

constexpr image_format targets[] = {jpg, webp, png};

class DirectPairs : public testing::TestWithParam<std::tuple<image_format, std::uint32_t>> {};

TEST_P(DirectPairs, AgreeInEverySize) {
  auto [from, channels] = GetParam();
  auto source = encoded(draw_scene(243, 161, channels), from);
  for (auto to : targets)
    for (auto what : some_sizes) {
      SCOPED_TRACE(std::string{facts_of(to).name} + " to " + std::to_string(what.width));
      what.target = to;
      what.quality = 90;
      expect_agreement(from, source, what, "direct");
    }
}

TEST_P(DirectPairs, AgreeWithoutLoss) {
  auto [from, channels] = GetParam();
  auto source = encoded(draw_scene(60, 40, channels), from);
  for (auto to : {webp, png}) {
    auto all = answers(from, source, {.target = to, .quality = 100});
    ASSERT_EQ(all.front().first, "direct");
    EXPECT_EQ(largest_difference(decode_raster(to, all.front().second.bytes),
                                 decode_raster(to, all.back().second.bytes)),
              0)
      << facts_of(to).name;
  }
}

INSTANTIATE_TEST_SUITE_P(All, DirectPairs,
                         testing::Combine(testing::Values(png, webp), testing::Values(3u, 4u)),
                         [](const auto& x) {
                           return std::string{facts_of(std::get<0>(x.param)).name}
                                  + std::to_string(std::get<1>(x.param));
                         });

/// Written as this PNG colour type, with so many bits.
std::string png_of(Magick::ImageType type, std::size_t depth, bool interlaced = false) {
  auto scene = draw_scene(120, 80, 4);
  Magick::Image image;
  image.read(120, 80, "RGBA", Magick::CharPixel, scene.samples.data());
  image.type(type);
  image.depth(depth);
  image.strip();
  image.defineValue("png", "exclude-chunk", "date,tIME,tEXt,zTXt");
  image.interlaceType(interlaced ? Magick::PNGInterlace : Magick::NoInterlace);
  image.magick("PNG");
  Magick::Blob blob;
  image.write(&blob);
  return {static_cast<const char*>(blob.data()), blob.length()};
}

TEST(DirectTest, EveryKindOfPngAgrees) {
  for (auto type :
       {Magick::BilevelType, Magick::GrayscaleType, Magick::GrayscaleMatteType, Magick::PaletteType,
        Magick::PaletteMatteType, Magick::TrueColorType, Magick::TrueColorMatteType})
    for (auto interlaced : {false, true})
      for (auto to : targets) {
        SCOPED_TRACE(std::to_string(type) + " to " + std::string{facts_of(to).name});
        expect_agreement(png, png_of(type, 8, interlaced),
                         {.target = to, .quality = 90, .resize = resize_mode::width, .width = 70},
                         "direct");
      }
}

TEST(DirectTest, SixteenBitsAreLeftToMagick) {
  std::vector<std::uint16_t> samples(32 * 32 * 3);
  for (std::size_t i = 0; i < samples.size(); ++i)
    samples[i] = static_cast<std::uint16_t>(i * 21 + 7);
  Magick::Image image;
  image.read(32, 32, "RGB", Magick::ShortPixel, samples.data());
  image.depth(16);
  image.magick("PNG");
  Magick::Blob blob;
  image.write(&blob);
  std::string source{static_cast<const char*>(blob.data()), blob.length()};
  conversion stripped{.target = png, .strip_metadata = true};
  EXPECT_EQ(first_engine(png, source, stripped), "magick");
}

TEST(DirectTest, OtherColoursAreLeftToMagick) {
  auto source = png_of(Magick::TrueColorType, 8);
  auto with = [&](const std::string& name, const std::string& data) {
    return std::string{source}.insert(png_after_ihdr, png_chunk(name, data));
  };
  auto gamma = [](std::uint32_t x) { return big_endian(x); };
  EXPECT_EQ(first_engine(png, with("gAMA", gamma(100'000)), {.target = webp}), "magick");
  EXPECT_EQ(first_engine(png, with("iCCP", "p"), {.target = webp}), "magick");
  EXPECT_EQ(first_engine(png, with("pHYs", gamma(2834) + gamma(2834) + '\1'), {.target = webp}),
            "direct");
}

TEST(DirectTest, NotesToKeepAreLeftToMagick) {
  auto source = png_of(Magick::TrueColorType, 8);
  auto said = std::string{source}.insert(
    png_after_ihdr, png_chunk("tEXt", std::string("Comment\0", 8) + "COMMENTMARK"));
  EXPECT_EQ(first_engine(png, said, {.target = webp}), "magick");
  conversion stripped{.target = webp, .strip_metadata = true};
  EXPECT_EQ(first_engine(png, said, stripped), "direct");
}

TEST(DirectTest, EveryOrientationAgrees) {
  for (int orientation = 1; orientation <= 8; ++orientation)
    for (auto what : some_sizes) {
      SCOPED_TRACE(std::to_string(orientation) + " to " + std::to_string(what.width));
      auto stored = stored_as(draw_scene(161, 119, 4), orientation);
      auto block = exif_block(orientation, 161, 119);
      what.target = webp;
      what.strip_metadata = true;
      expect_agreement(png, png_with_exif(encoded(stored, png), block), what, "direct");
    }
}

TEST(DirectTest, ADamagedFileIsLeftToMagick) {
  auto source = png_of(Magick::TrueColorType, 8);
  auto cut = source.substr(0, source.size() / 2);
  conversion what{.target = webp};
  auto header = read_header(png, as_bytes_view(source));
  for (const auto* x : engines())
    if (x->name() == "direct") {
      EXPECT_TRUE(x->convert(header, as_bytes_view(source), what));
      EXPECT_FALSE(x->convert(header, as_bytes_view(cut), what));
    }
}

TEST(DirectTest, DensityIsKept) {
  auto source = png_of(Magick::TrueColorType, 8);
  auto dots = big_endian(11811) + big_endian(5906) + '\1'; // 300 and 150 to an inch
  source.insert(png_after_ihdr, png_chunk("pHYs", dots));
  for (auto to : {jpg, png}) {
    auto all = answers(png, source, {.target = to});
    auto density = [&](const encoded_image& x) {
      Magick::Image image{Magick::Blob(x.bytes.data(), x.bytes.size())};
      return std::string{image.density()};
    };
    EXPECT_EQ(density(all.front().second), density(all.back().second)) << facts_of(to).name;
  }
}

} // namespace
} // namespace convertd
