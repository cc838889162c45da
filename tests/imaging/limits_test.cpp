#include "tests/imaging/conversions.hpp"

namespace convertd {
namespace {

using enum image_format;

ec probe_code(image_format format, const std::string& source, const image_limits& limits = {}) {
  auto answer = probe_image(format, as_bytes_view(source), limits);
  auto* why = std::get_if<failure>(&answer);
  return why == nullptr ? ec::none : why->code;
}

/// A PNG whose header promises more than its data could ever hold.
std::string png_of_size(std::uint32_t width, std::uint32_t height) {
  auto file = encoded(draw_scene(4, 4), png);
  for (int i = 0; i < 4; ++i) {
    file[16 + i] = static_cast<char>(width >> (24 - 8 * i));
    file[20 + i] = static_cast<char>(height >> (24 - 8 * i));
  }
  auto crc = crc32_of(as_bytes_view(file).subspan(12, 17));
  for (int i = 0; i < 4; ++i)
    file[29 + i] = static_cast<char>(crc >> (24 - 8 * i));
  return file;
}

TEST(LimitsTest, HeaderIsHeldAgainstThePixelLimit) {
  EXPECT_EQ(probe_code(png, png_of_size(60'000, 60'000)), ec::too_large);
  auto source = encoded(draw_scene(100, 100), jpg);
  EXPECT_EQ(probe_code(jpg, source, {.frame_pixels_max = 9'999}), ec::too_large);
  EXPECT_EQ(probe_code(jpg, source, {.frame_pixels_max = 10'000}), ec::none);
  EXPECT_EQ(probe_code(jpg, source, {.total_pixels_max = 9'999}), ec::too_large);
}

TEST(LimitsTest, FramesAreCountedAndLimited) {
  auto still = encoded(draw_scene(8, 8), gif);
  // The block of the one frame, five times.
  auto start = still.find("!\xF9");
  auto frame = still.substr(start, still.size() - 1 - start);
  auto animation = still.substr(0, start);
  for (int i = 0; i < 5; ++i)
    animation += frame;
  animation += ";";
  auto answer = probe_image(gif, as_bytes_view(animation), {});
  EXPECT_EQ(std::get<source_header>(answer).frames, 5u);
  EXPECT_EQ(probe_code(gif, animation, {.frames_max = 4}), ec::too_large);
  EXPECT_FALSE(convert_bytes(gif, animation, {.target = png}).why);
}

TEST(LimitsTest, OutputSideIsLimited) {
  auto source = encoded(draw_scene(300, 20), png);
  image_limits limits{.output_side_max = 200};
  EXPECT_EQ(convert_bytes(png, source, {.target = png}, limits).why.code, ec::too_large);
  EXPECT_FALSE(
    convert_bytes(png, source, {.target = png, .resize = resize_mode::width, .width = 200}, limits)
      .why);
}

TEST(LimitsTest, FormatIsTakenAsTold) {
  auto source = encoded(draw_scene(16, 16), png);
  for (auto wrong : {jpg, webp, avif, tiff, gif, bmp})
    EXPECT_EQ(probe_code(wrong, source), ec::decode_failed) << facts_of(wrong).name;
}

TEST(LimitsTest, FormatsWithoutReaderAreRefused) {
  for (auto x : {image_format::unknown, svg, pdf})
    EXPECT_EQ(probe_code(x, "%PDF-1.4"), ec::unsupported_input);
}

TEST(LimitsTest, GarbageIsRefused) {
  for (auto x : {jpg, png, webp, avif, tiff, gif, bmp})
    for (std::string source : {"", "x", "not an image at all, only words"})
      EXPECT_EQ(probe_code(x, source), ec::decode_failed) << facts_of(x).name;
}

TEST(LimitsTest, TruncatedJpegGivesWhatItHas) {
  auto source = encoded(draw_scene(200, 150), jpg);
  auto half = convert_bytes(jpg, source.substr(0, source.size() * 2 / 3), {.target = png});
  EXPECT_FALSE(half.why) << half.why.text();
  EXPECT_EQ(half.width, 200u);
}

TEST(LimitsTest, EveryPrefixEndsInAnAnswer) {
  for (auto format : {jpg, png, webp, avif, tiff, gif, bmp}) {
    auto source = encoded(draw_scene(24, 16), format);
    for (std::size_t size = 0; size < source.size(); size += 1 + source.size() / 40) {
      auto code = convert_bytes(format, source.substr(0, size), {.target = bmp}).why.code;
      EXPECT_TRUE(code == ec::none || code == ec::decode_failed || code == ec::too_large)
        << facts_of(format).name << " " << size << " " << code_of(code);
    }
  }
}

} // namespace
} // namespace convertd
