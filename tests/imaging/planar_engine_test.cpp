// The engine of JPEG planes beside ImageMagick.
#include "imaging/srgb_profile.hpp"
#include "tests/imaging/engine_answers.hpp"

#include <Magick++.h>

namespace convertd {
namespace {

using enum image_format;

/// With these sampling factors of the brightness.
std::string sampled_jpeg(const raster& x, const std::string& factors, bool progressive = false) {
  Magick::Image image;
  image.read(x.width, x.height, "RGB", Magick::CharPixel, x.samples.data());
  image.magick("JPEG");
  image.quality(95);
  image.defineValue("jpeg", "sampling-factor", factors);
  image.interlaceType(progressive ? Magick::LineInterlace : Magick::NoInterlace);
  Magick::Blob blob;
  image.write(&blob);
  return {static_cast<const char*>(blob.data()), blob.length()};
}

class PlanarTargets : public testing::TestWithParam<image_format> {};

TEST_P(PlanarTargets, AgreeInEverySampling) {
  auto scene = draw_scene(243, 161);
  for (std::string factors : {"1x1", "2x1", "1x2", "2x2", "4x1", "4x2"})
    for (auto progressive : {false, true})
      for (auto what : some_sizes) {
        SCOPED_TRACE(factors + " to " + std::to_string(what.width));
        what.target = GetParam();
        what.quality = 90;
        expect_agreement(jpg, sampled_jpeg(scene, factors, progressive), what, "planar");
      }
}

TEST_P(PlanarTargets, AgreeInEveryOrientation) {
  for (int orientation = 1; orientation <= 8; ++orientation)
    for (auto turn : {true, false})
      for (auto what : some_sizes) {
        SCOPED_TRACE(std::to_string(orientation) + " to " + std::to_string(what.width));
        what.target = GetParam();
        what.quality = 90;
        what.auto_orient = turn;
        auto stored = stored_as(draw_scene(161, 119), orientation);
        auto source = with_exif(encoded(stored, jpg), exif_block(orientation, 161, 119));
        expect_agreement(jpg, source, what, "planar");
      }
}

TEST_P(PlanarTargets, AgreeAtTheSmallestSizes) {
  for (std::uint32_t width : {1u, 2u, 7u, 8u, 17u})
    for (std::uint32_t height : {1u, 3u, 16u}) {
      SCOPED_TRACE(std::to_string(width) + " x " + std::to_string(height));
      expect_agreement(jpg, sampled_jpeg(draw_scene(width, height), "2x2"),
                       {.target = GetParam(), .quality = 95}, "planar");
    }
}

INSTANTIATE_TEST_SUITE_P(All, PlanarTargets, testing::Values(jpg, webp),
                         [](const auto& x) { return std::string{facts_of(x.param).name}; });

TEST(PlanarTest, OthersThanYcbcrAreLeftToMagick) {
  auto scene = draw_scene(60, 40);
  Magick::Image image;
  image.read(60, 40, "RGB", Magick::CharPixel, scene.samples.data());
  for (auto space : {Magick::CMYKColorspace, Magick::GRAYColorspace, Magick::RGBColorspace}) {
    auto other = image;
    other.colorSpace(space);
    other.magick("JPEG");
    Magick::Blob blob;
    other.write(&blob);
    std::string source{static_cast<const char*>(blob.data()), blob.length()};
    EXPECT_EQ(first_engine(jpg, source, {.target = jpg}),
              space == Magick::RGBColorspace ? "planar" : "magick");
  }
}

std::string with_profile(const std::string& jpeg, const std::vector<std::uint8_t>& profile) {
  auto data = std::string("ICC_PROFILE\0\1\1", 14) + std::string(profile.begin(), profile.end());
  auto size = data.size() + 2;
  return jpeg.substr(0, 2)
         + std::string{'\xFF', '\xE2', static_cast<char>(size >> 8), static_cast<char>(size)} + data
         + jpeg.substr(2);
}

TEST(PlanarTest, ProfilesOtherThanSrgbAreLeftToMagick) {
  auto source = encoded(draw_scene(60, 40), jpg);
  auto first = [&](const std::vector<std::uint8_t>& profile) {
    return first_engine(jpg, with_profile(source, profile), {.target = webp});
  };
  EXPECT_EQ(first(srgb_profile()), "planar");
  constexpr unsigned display_p3 = 12, srgb_curve = 13;
  EXPECT_EQ(first(cicp_profile(display_p3, srgb_curve)), "magick");
  EXPECT_EQ(first({1, 2, 3}), "magick");
  auto profile = srgb_profile();
  for (std::size_t size = 0; size < profile.size(); size += 7)
    first({profile.begin(), profile.begin() + static_cast<std::ptrdiff_t>(size)});
}

TEST(PlanarTest, ConversionsWithoutLossAndPaddingAreLeftToMagick) {
  auto source = encoded(draw_scene(60, 40), jpg);
  EXPECT_EQ(first_engine(jpg, source, {.target = webp, .quality = 100}), "magick");
  EXPECT_EQ(first_engine(jpg, source, {.target = jpg, .quality = 100}), "planar");
  conversion padded{.target = jpg, .resize = resize_mode::ecommerce, .width = 50};
  EXPECT_EQ(first_engine(jpg, source, padded), "magick");
}

/// A damaged file looks the same whoever reads it: the last engine does.
TEST(PlanarTest, WarningsLeaveTheFileToMagick) {
  auto source = encoded(draw_scene(160, 120), jpg);
  auto cut = source.substr(0, source.size() * 2 / 3);
  auto all = answers(jpg, cut, {.target = webp});
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].first, "magick");
  EXPECT_FALSE(convert_bytes(jpg, cut, {.target = webp}).why);
}

TEST(PlanarTest, NotesAreThoseOfMagick) {
  auto plain = encoded(draw_scene(120, 80), jpg);
  auto segment = [](char marker, const std::string& data) {
    auto size = data.size() + 2;
    return std::string{'\xFF', marker, static_cast<char>(size >> 8), static_cast<char>(size)}
           + data;
  };
  std::string packet = "<x:xmpmeta xmlns:x='adobe:ns:meta/'>XMPMARK</x:xmpmeta>";
  auto said = segment('\xE1', exif_block(6, 120, 80))
              + segment('\xE1', std::string("http://ns.adobe.com/xap/1.0/\0", 29) + packet)
              + segment('\xE4', "VENDORMARK") + segment('\xFE', "COMMENTMARK");
  auto source = plain.substr(0, 20) + said + plain.substr(20); // behind JFIF
  for (auto to : {jpg, webp})
    for (auto strip : {false, true}) {
      auto all = answers(jpg, source, {.target = to, .strip_metadata = strip});
      ASSERT_EQ(all.size(), 2u);
      for (std::string mark : {"Picasso", "XMPMARK", "THUMBNAIL", "VENDORMARK", "COMMENTMARK"}) {
        auto mine = as_text(all[0].second.bytes).find(mark) != std::string::npos;
        auto theirs = as_text(all[1].second.bytes).find(mark) != std::string::npos;
        EXPECT_EQ(mine, theirs) << mark << " in " << facts_of(to).name
                                << (strip ? " stripped" : "");
      }
    }
}

} // namespace
} // namespace convertd
