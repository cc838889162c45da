#include "imaging/imaging_error.hpp"
#include "imaging/webp_file.hpp"
#include "tests/imaging/conversions.hpp"
#include "tests/support/likeness.hpp"

namespace convertd {
namespace {

using enum image_format;

std::string number(std::uint32_t x, int size) {
  std::string text;
  for (int i = 0; i < size; ++i)
    text.push_back(static_cast<char>(x >> (8 * i)));
  return text;
}

std::string chunk(const std::string& name, const std::string& data) {
  return name + number(static_cast<std::uint32_t>(data.size()), 4) + data
         + std::string(data.size() % 2, '\0');
}

std::string file_of(const std::string& chunks) {
  return "RIFF" + number(static_cast<std::uint32_t>(chunks.size() + 4), 4) + "WEBP" + chunks;
}

/// The image chunk of a still file as a frame on the whole canvas.
std::string frame(const raster& x, std::uint8_t quality) {
  auto image = encoded(x, webp, quality).substr(12);
  return chunk("ANMF", number(0, 6) + number(x.width - 1, 3) + number(x.height - 1, 3)
                         + number(100, 3) + number(0, 1) + image);
}

std::string animation(const std::vector<raster>& frames) {
  auto canvas = chunk("VP8X", number(0x02, 4) + number(frames[0].width - 1, 3)
                                + number(frames[0].height - 1, 3));
  auto all = canvas + chunk("ANIM", number(0, 6));
  for (const auto& x : frames)
    all += frame(x, 90);
  return file_of(all);
}

raster plain(std::uint8_t grey) {
  raster x{.width = 64, .height = 48, .channels = 3, .samples = {}};
  x.samples.assign(64 * 48 * 3, grey);
  return x;
}

TEST(WebpFileTest, HeaderOfBothKindsIsRead) {
  for (int quality : {80, 100}) { // lossy, lossless
    auto source = encoded(draw_scene(123, 45, 4), webp, static_cast<std::uint8_t>(quality));
    auto header = read_webp_header(as_bytes_view(source));
    EXPECT_EQ(header.width, 123u);
    EXPECT_EQ(header.height, 45u);
    EXPECT_EQ(header.frames, 1u);
    EXPECT_TRUE(header.alpha);
  }
}

TEST(WebpFileTest, FramesAreCounted) {
  auto source = animation({draw_scene(64, 48), plain(10), plain(200)});
  auto header = read_webp_header(as_bytes_view(source));
  EXPECT_EQ(header.frames, 3u);
  EXPECT_EQ(header.width, 64u);
}

TEST(WebpFileTest, OnlyTheFirstFrameIsConverted) {
  auto source = animation({draw_scene(64, 48), plain(10), plain(200)});
  EXPECT_LT(first_webp_frame(as_bytes_view(source)).size(), source.size());
  auto result = convert_bytes(webp, source, {.target = png});
  ASSERT_FALSE(result.why) << result.why.text();
  EXPECT_GT(likeness(decoded(png, result.bytes), draw_scene(64, 48)), 0.9);
}

TEST(WebpFileTest, FilesWithoutImageAreRefused) {
  EXPECT_THROW(read_webp_header({}), imaging_error);
  for (auto file : {file_of(""), file_of(chunk("VP8X", std::string(10, '\0'))),
                    file_of(chunk("VP8 ", "abc")), file_of("VP8 \xFF\xFF\xFF\xFF")})
    EXPECT_THROW(read_webp_header(as_bytes_view(file)), imaging_error);
}

} // namespace
} // namespace convertd
