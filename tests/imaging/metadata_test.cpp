#include "imaging/exif.hpp"
#include "tests/imaging/conversions.hpp"

#include <vector>

namespace convertd {
namespace {

using enum image_format;

std::string camera_jpeg(int orientation = 1) {
  return with_exif(encoded(draw_scene(120, 80), jpg), exif_block(orientation, 120, 80));
}

std::vector<std::uint8_t> bytes_of(const std::string& text) {
  return {text.begin(), text.end()};
}

TEST(MetadataTest, IsKeptUnlessStripped) {
  for (auto to : {jpg, png, webp}) { // ImageMagick 6 writes no EXIF into TIFF
    auto kept = convert_bytes(jpg, camera_jpeg(), {.target = to});
    EXPECT_NE(kept.bytes.find("Picasso"), std::string::npos) << facts_of(to).name;
    auto stripped = convert_bytes(jpg, camera_jpeg(), {.target = to, .strip_metadata = true});
    EXPECT_EQ(stripped.bytes.find("Picasso"), std::string::npos) << facts_of(to).name;
    EXPECT_EQ(stripped.bytes.find("Exif"), std::string::npos) << facts_of(to).name;
  }
}

TEST(MetadataTest, ThumbnailIsDropped) {
  ASSERT_NE(camera_jpeg().find("THUMBNAIL"), std::string::npos);
  auto kept = convert_bytes(jpg, camera_jpeg(), {.target = jpg});
  EXPECT_EQ(kept.bytes.find("THUMBNAIL"), std::string::npos);
}

TEST(MetadataTest, SizeTagsFollowThePicture) {
  auto small =
    convert_bytes(jpg, camera_jpeg(6), {.target = jpg, .resize = resize_mode::width, .width = 40});
  ASSERT_FALSE(small.why);
  auto expected = exif_block(1, 40, 60).substr(6 + 8 + 42, 30); // the directory with the size
  EXPECT_NE(small.bytes.find(expected), std::string::npos);
}

TEST(MetadataTest, NoDatesAreMadeUp) {
  auto result = convert_bytes(bmp, encoded(draw_scene(20, 20), bmp), {.target = png});
  EXPECT_EQ(result.bytes.find("date:"), std::string::npos);
  EXPECT_EQ(result.bytes.find("tIME"), std::string::npos);
}

TEST(ExifTest, MendsWhatItSays) {
  auto block = bytes_of(exif_block(8, 4000, 3000));
  EXPECT_TRUE(mend_exif(block, {.upright = true, .width = 300, .height = 400}));
  auto expected = bytes_of(exif_block(1, 300, 400));
  // All but the thumbnail: its directory, the link to it, its bytes.
  EXPECT_TRUE(std::equal(block.begin(), block.begin() + 6 + 46, expected.begin()));
  std::string text(block.begin(), block.end());
  EXPECT_EQ(text.find("THUMBNAIL"), std::string::npos);
  EXPECT_NE(text.find("Picasso"), std::string::npos);
}

TEST(ExifTest, OrientationStaysWhenThePictureWasNotTurned) {
  auto block = bytes_of(exif_block(8, 4000, 3000));
  EXPECT_TRUE(mend_exif(block, {.upright = false, .width = 4000, .height = 3000}));
  EXPECT_EQ(exif_orientation(std::as_bytes(std::span{block})), 8);
}

TEST(ExifTest, NonsenseHasOrientationOne) {
  EXPECT_EQ(exif_orientation({}), 1);
  auto block = bytes_of(exif_block(77, 1, 1));
  EXPECT_EQ(exif_orientation(std::as_bytes(std::span{block})), 1);
}

TEST(ExifTest, EveryDamageIsSurvived) {
  auto whole = bytes_of(exif_block(6, 100, 100));
  for (std::size_t size = 0; size < whole.size(); ++size) {
    std::vector<std::uint8_t> block(whole.begin(),
                                    whole.begin() + static_cast<std::ptrdiff_t>(size));
    mend_exif(block, {});
    EXPECT_EQ(block.size(), size);
  }
  for (std::size_t at = 0; at < whole.size(); ++at) {
    auto block = whole;
    block[at] = 0xFF;
    mend_exif(block, {});
    EXPECT_EQ(block.size(), whole.size());
  }
}

} // namespace
} // namespace convertd
