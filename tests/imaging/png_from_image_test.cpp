#include "imaging/png_chunks.hpp"
#include "imaging/png_from_image.hpp"
#include "imaging/png_picture.hpp"
#include "tests/imaging/conversions.hpp"
#include "tests/imaging/magick_image.hpp"
#include "tests/support/likeness.hpp"

#include <set>

namespace convertd {
namespace {

using enum image_format;

std::set<std::string> chunks_of(const std::string& png_file) {
  std::set<std::string> names;
  for_each_png_chunk(as_bytes_view(png_file),
                     [&](const png_chunk_view& x) { names.emplace(x.name); });
  return names;
}

TEST(PngFromImageTest, EveryPixelStaysAsItWas) {
  for (std::uint32_t channels : {3u, 4u}) {
    auto scene = draw_scene(61, 47, channels);
    auto image = image_of(scene);
    ASSERT_TRUE(is_plain(image, 8, true));
    auto file = write_plain_png(image);
    auto read = to_rgba(read_png(file));
    for (std::size_t i = 0; i < read.size() / 4; ++i)
      for (std::size_t c = 0; c < 4; ++c)
        ASSERT_EQ(read[4 * i + c], c < channels ? scene.samples[channels * i + c] : 255) << i;
  }
}

TEST(PngFromImageTest, PicturesOfOtherFormatsHoldPixelsOnly) {
  for (auto from : {bmp, tiff, jpg}) {
    conversion what{.target = png, .strip_metadata = true};
    auto source = encoded(draw_scene(90, 60), from);
    auto result = convert_bytes(from, source, what);
    ASSERT_FALSE(result.why) << facts_of(from).name;
    EXPECT_GT(likeness(decoded(png, result.bytes), decoded(from, source)), 0.9);
    auto names = chunks_of(result.bytes);
    for (const auto* each : {"IHDR", "IDAT", "IEND", "pHYs", "PLTE"})
      names.erase(each);
    EXPECT_TRUE(names.empty()) << facts_of(from).name << " " << *names.begin();
  }
}

TEST(PngFromImageTest, NotesAreLeftToMagick) {
  auto image = image_of(draw_scene(20, 10));
  image.comment("COMMENTMARK");
  EXPECT_FALSE(is_plain(image, 8, false));
  EXPECT_TRUE(is_plain(image, 8, true));
}

TEST(PngFromImageTest, SixteenBitsAreLeftToMagick) {
  EXPECT_FALSE(is_plain(image_of(draw_scene(20, 10)), 16, true));
}

TEST(PngFromImageTest, DensityIsKept) {
  auto image = image_of(draw_scene(20, 10));
  image.density(Magick::Geometry(300, 150));
  image.resolutionUnits(Magick::PixelsPerInchResolution);
  auto file = write_plain_png(image);
  std::vector<std::uint8_t> dots;
  for_each_png_chunk(file, [&](const png_chunk_view& x) {
    if (x.name == "pHYs")
      for (auto byte : x.data)
        dots.push_back(std::to_integer<std::uint8_t>(byte));
  });
  EXPECT_EQ(dots, (std::vector<std::uint8_t>{0, 0, 11811 >> 8, 11811 & 255, 0, 0, 5906 >> 8,
                                             5906 & 255, 1}));
}

} // namespace
} // namespace convertd
