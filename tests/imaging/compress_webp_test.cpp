#include "tests/imaging/conversions.hpp"
#include "tests/support/containers.hpp"
#include "tests/support/likeness.hpp"

namespace convertd {
namespace {

using enum image_format;

converted compress_file(const std::string& source, conversion what) {
  what.op = operation::compress;
  settle_for_source(what, webp);
  return convert_bytes(webp, source, what);
}

raster scene(std::uint32_t channels) {
  auto x = draw_scene(320, 200, channels);
  for (std::size_t i = 0; i < x.samples.size(); ++i)
    if (i % channels != 3)
      x.samples[i] = static_cast<std::uint8_t>(x.samples[i] ^ (i * i % 11));
  return x;
}

TEST(CompressWebpTest, LossyShrinksAndKeepsAlpha) {
  for (auto channels : {3u, 4u}) {
    auto source = encoded(scene(channels), webp, 95);
    auto done = compress_file(source, {.quality = 60});
    EXPECT_LT(done.bytes.size(), source.size());
    EXPECT_EQ(done.quality, 60);
    EXPECT_GT(likeness(decoded(webp, done.bytes), scene(channels)), 0.8);
  }
}

TEST(CompressWebpTest, WithoutLossEveryPixelStays) {
  for (auto channels : {3u, 4u}) {
    auto source = encoded(scene(channels), webp, 100);
    auto done = compress_file(source, {.lossless = true});
    EXPECT_LE(done.bytes.size(), source.size());
    EXPECT_EQ(decoded(webp, done.bytes).samples, decoded(webp, source).samples);
  }
  auto lossy = encoded(scene(3), webp, 80);
  EXPECT_EQ(compress_file(lossy, {.lossless = true}).bytes, lossy);
}

TEST(CompressWebpTest, MetadataStaysUnlessStripped) {
  auto source = webp_file(webp_canvas(8 + 4, 320, 200) + webp_image_chunks(scene(3), 95)
                          + webp_chunk("EXIF", exif_block(1, 320, 200).substr(6))
                          + webp_chunk("XMP ", "XMPMARK"));
  auto kept = compress_file(source, {.quality = 60});
  EXPECT_LT(kept.bytes.size(), source.size());
  EXPECT_NE(kept.bytes.find("Picasso"), std::string::npos);
  EXPECT_NE(kept.bytes.find("XMPMARK"), std::string::npos);
  EXPECT_GT(likeness(decoded(webp, kept.bytes), scene(3)), 0.8);
  auto stripped = compress_file(source, {.quality = 60, .strip_metadata = true});
  EXPECT_EQ(stripped.bytes.find("Picasso"), std::string::npos);
  EXPECT_EQ(stripped.bytes.find("XMPMARK"), std::string::npos);
}

TEST(CompressWebpTest, TargetSizeIsNotExceeded) {
  auto source = encoded(scene(3), webp, 95);
  for (double share : {0.3, 0.5, 0.7}) {
    auto target = static_cast<std::uint64_t>(share * static_cast<double>(source.size()));
    auto done = compress_file(source, {.mode = compress_mode::target_size, .target_bytes = target});
    ASSERT_FALSE(done.why) << share;
    EXPECT_LE(done.bytes.size(), target);
    // Of this pattern a little coarser steps take half away.
    EXPECT_GT(static_cast<double>(done.bytes.size()), 0.5 * static_cast<double>(target)) << share;
  }
}

TEST(CompressWebpTest, AnimationsKeepTheirFrames) {
  auto source = webp_animation(320, 200, {webp_frame_chunk(scene(3)), webp_frame_chunk(scene(3))});
  EXPECT_EQ(compress_file(source, {}).bytes, source);
  auto said = webp_file(source.substr(12) + webp_chunk("XMP ", "XMPMARK"));
  EXPECT_EQ(compress_file(said, {.strip_metadata = true}).bytes, source);
}

} // namespace
} // namespace convertd
