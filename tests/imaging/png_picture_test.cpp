#include "imaging/imaging_error.hpp"
#include "imaging/png_chunks.hpp"
#include "imaging/png_write.hpp"
#include "tests/imaging/conversions.hpp"
#include "tests/support/containers.hpp"
#include "tests/support/likeness.hpp"

#include <set>

namespace convertd {
namespace {

using enum image_format;

converted compress_file(const std::string& source, conversion what) {
  what.op = operation::compress;
  settle_for_source(what, png);
  return convert_bytes(png, source, what);
}

std::string written(const png_picture& x) {
  auto bytes = write_png(x, {}, 1 << 22);
  return as_text(bytes);
}

/// Every value of a sample somewhere.
png_picture picture_of(png_colour colour, unsigned depth) {
  png_picture x{
    .width = 37, .height = 23, .depth = depth, .colour = colour, .palette = {}, .rows = {}};
  for (unsigned i = 0; colour == png_colour::palette && i < 1u << depth; ++i)
    x.palette.push_back({static_cast<std::uint8_t>(i * 7), static_cast<std::uint8_t>(255 - i), 9,
                         static_cast<std::uint8_t>(i % 2 == 0 ? 255 : i)});
  x.rows.resize(x.stride() * x.height);
  std::uint32_t noise = 1;
  for (auto& byte : x.rows) {
    noise = noise * 1664525 + 1013904223;
    byte = static_cast<std::uint8_t>(noise >> 24);
  }
  for (std::size_t y = 0; y < x.height; ++y) // bits beyond the row are nobody's
    if (auto used = x.pixel_bits() * x.width % 8; used != 0)
      x.rows[(y + 1) * x.stride() - 1] &= static_cast<std::uint8_t>(0xFF00 >> used);
  return x;
}

TEST(PngPictureTest, EveryKindOfPixelComesBackAsItWas) {
  std::pair<png_colour, std::vector<unsigned>> kinds[] = {
    {png_colour::grey, {1, 2, 4, 8, 16}}, {png_colour::palette, {1, 2, 4, 8}},
    {png_colour::rgb, {8, 16}},           {png_colour::grey_alpha, {8, 16}},
    {png_colour::rgba, {8, 16}},
  };
  for (const auto& [colour, depths] : kinds)
    for (auto depth : depths) {
      auto x = picture_of(colour, depth);
      auto back = read_png(as_bytes_view(written(x)));
      EXPECT_EQ(back.rows, x.rows) << int(colour) << " " << depth;
      EXPECT_EQ(back.palette, x.palette);
      EXPECT_EQ(back.depth, depth);
      EXPECT_EQ(back.colour, colour);
    }
}

TEST(PngPictureTest, ReductionChangesNoPixel) {
  for (auto channels : {3u, 4u})
    for (auto grey : {true, false}) {
      auto scene = draw_scene(60, 40, channels);
      auto x = read_png(as_bytes_view(encoded(scene, png)));
      EXPECT_EQ(to_rgba(reduce_png(x, grey)), to_rgba(x));
    }
  raster plain{.width = 30, .height = 30, .channels = 4, .samples = {}};
  plain.samples.assign(30 * 30 * 4, 255);
  paint(plain, 3, 3, 9, 9, {80, 80, 80, 255});
  auto x = reduce_png(read_png(as_bytes_view(encoded(plain, png))), true);
  EXPECT_EQ(x.pixel_bits(), 8u); // opaque and grey
}

TEST(PngPictureTest, TurnsAsTheOrientationSays) {
  auto scene = draw_scene(31, 17);
  for (int orientation = 1; orientation <= 8; ++orientation) {
    auto stored = read_png(as_bytes_view(encoded(stored_as(scene, orientation), png)));
    auto upright = turn_png(stored, static_cast<std::uint8_t>(orientation));
    EXPECT_EQ(to_rgba(upright), to_rgba(read_png(as_bytes_view(encoded(scene, png)))))
      << orientation;
    EXPECT_EQ(upright.width, 31u);
  }
}

TEST(PngPictureTest, DamageIsRefused) {
  auto whole = encoded(draw_scene(40, 30), png);
  constexpr std::size_t end = 12 + 4; // IEND, and the CRC before it
  for (std::size_t size = 0; size < whole.size() - end; size += 7)
    EXPECT_THROW(read_png(as_bytes_view(whole.substr(0, size))), imaging_error) << size;
}

TEST(CompressPngTest, WithoutLossTheSamePixelsTakeFewerBytes) {
  for (auto channels : {3u, 4u}) {
    auto source = encoded(draw_scene(300, 200, channels), png);
    auto done = compress_file(source, {.lossless = true});
    EXPECT_LT(done.bytes.size(), source.size());
    EXPECT_EQ(decoded(png, done.bytes).samples, decoded(png, source).samples);
    EXPECT_EQ(done.quality, 0);
  }
}

TEST(CompressPngTest, SixteenBitsStay) {
  auto x = picture_of(png_colour::rgb, 16);
  for (auto quality : {60, 100}) {
    auto done = compress_file(written(x), {.quality = static_cast<std::uint8_t>(quality)});
    EXPECT_EQ(read_png(as_bytes_view(done.bytes)).rows, x.rows);
  }
}

/// Noise over the scene: lossless has a hard time.
std::string photo_like(std::uint32_t channels) {
  auto x = draw_scene(256, 192, channels);
  std::uint32_t noise = 1;
  for (std::size_t i = 0; i < x.samples.size(); ++i)
    if (i % channels != 3) {
      noise = noise * 1664525 + 1013904223;
      x.samples[i] =
        static_cast<std::uint8_t>(std::clamp(x.samples[i] + int(noise >> 28) - 8, 0, 255));
    }
  return encoded(x, png);
}

TEST(CompressPngTest, QualityMakesAPaletteAndKeepsAlpha) {
  for (auto channels : {3u, 4u}) {
    auto source = photo_like(channels);
    auto done = compress_file(source, {.quality = 80});
    EXPECT_LT(done.bytes.size(), source.size() / 2);
    EXPECT_EQ(done.quality, 80);
    EXPECT_EQ(read_png(as_bytes_view(done.bytes)).colour, png_colour::palette);
    auto before = decoded(png, source), after = decoded(png, done.bytes);
    EXPECT_GT(likeness(before, after), 0.8);
    for (std::size_t i = 3; i < before.samples.size(); i += 4)
      ASSERT_NEAR(before.samples[i], after.samples[i], 40);
  }
}

TEST(CompressPngTest, LowerQualityTakesFewerBytes) {
  auto source = photo_like(3);
  auto last = source.size();
  for (int quality : {90, 60, 20}) {
    auto done = compress_file(source, {.quality = static_cast<std::uint8_t>(quality)});
    EXPECT_LE(done.bytes.size(), last) << quality;
    last = done.bytes.size();
  }
}

TEST(CompressPngTest, TargetSizeIsNotExceeded) {
  auto source = photo_like(3);
  for (double share : {0.9, 0.25, 0.12}) {
    auto target = static_cast<std::uint64_t>(share * static_cast<double>(source.size()));
    auto done = compress_file(source, {.mode = compress_mode::target_size, .target_bytes = target});
    ASSERT_FALSE(done.why) << share;
    EXPECT_LE(done.bytes.size(), target);
  }
}

TEST(CompressPngTest, ColourChunksStayAndStaleOnesGo) {
  auto source = encoded(draw_scene(80, 60), png);
  auto chunks = png_chunk("gAMA", big_endian(45455)) + png_chunk("pHYs", std::string(9, '\1'))
                + png_chunk("tEXt", std::string("Title\0SECRET", 12))
                + png_chunk("bKGD", std::string(6, '\0'));
  source.insert(png_after_ihdr, chunks);
  auto kept = compress_file(source, {});
  EXPECT_NE(kept.bytes.find("gAMA"), std::string::npos);
  EXPECT_NE(kept.bytes.find("pHYs"), std::string::npos);
  EXPECT_NE(kept.bytes.find("SECRET"), std::string::npos);
  EXPECT_EQ(kept.bytes.find("bKGD"), std::string::npos);
  auto stripped = compress_file(source, {.strip_metadata = true});
  EXPECT_NE(stripped.bytes.find("gAMA"), std::string::npos);
  EXPECT_EQ(stripped.bytes.find("SECRET"), std::string::npos);
}

TEST(CompressPngTest, AnimationsKeepTheirFrames) {
  auto source = encoded(draw_scene(80, 60), png);
  source.insert(png_after_ihdr,
                png_chunk("acTL", std::string(8, '\1')) + png_chunk("tEXt", "SECRET"));
  EXPECT_EQ(compress_file(source, {}).bytes, source);
  auto stripped = compress_file(source, {.strip_metadata = true});
  EXPECT_NE(stripped.bytes.find("acTL"), std::string::npos);
  EXPECT_EQ(stripped.bytes.find("SECRET"), std::string::npos);
}

} // namespace
} // namespace convertd
