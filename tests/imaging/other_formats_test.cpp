// The formats that are read and not written, icons, and what is peculiar to each.
#include "imaging/ico_file.hpp"
#include "imaging/imaging_error.hpp"
#include "imaging/tiny_files.hpp"
#include "tests/imaging/conversions.hpp"
#include "tests/support/containers.hpp"
#include "tests/support/likeness.hpp"

namespace convertd {
namespace {

using enum image_format;

constexpr image_format read_only[] = {cur, psd, tga, hdr, pcx, sgi, jp2, pnm};

class ReadOnly : public testing::TestWithParam<image_format> {};

TEST_P(ReadOnly, TinyFileIsSniffedAndConverted) {
  auto source = as_text(tiny_file(GetParam()));
  ASSERT_EQ(sniff(as_bytes_view(source)), GetParam());
  for (auto to : {jpg, png, webp, avif, tiff, gif, bmp, ico}) {
    auto result = convert_bytes(GetParam(), source, {.target = to});
    ASSERT_FALSE(result.why) << facts_of(to).name << result.why.text();
    EXPECT_EQ(sniff(as_bytes_view(result.bytes)), to);
  }
}

TEST_P(ReadOnly, EveryPrefixEndsInAnAnswer) {
  auto source = as_text(tiny_file(GetParam()));
  for (std::size_t size = 0; size < source.size(); ++size) {
    auto code = convert_bytes(GetParam(), source.substr(0, size), {.target = bmp}).why.code;
    EXPECT_TRUE(code == ec::none || code == ec::decode_failed || code == ec::too_large)
      << size << " " << code_of(code);
  }
}

TEST_P(ReadOnly, IsNotWritten) {
  EXPECT_FALSE(facts_of(GetParam()).write);
  auto source = encoded(draw_scene(8, 8), png);
  EXPECT_EQ(convert_bytes(png, source, {.target = GetParam()}).why.code, ec::unsupported_input);
}

INSTANTIATE_TEST_SUITE_P(All, ReadOnly, testing::ValuesIn(read_only),
                         [](const auto& x) { return std::string{facts_of(x.param).name}; });

std::array<int, 3> first_pixel(image_format format) {
  auto result = convert_bytes(format, as_text(tiny_file(format)), {.target = png});
  EXPECT_FALSE(result.why) << result.why.text();
  auto x = decoded(png, result.bytes).samples;
  return {x[0], x[1], x[2]};
}

TEST(OtherFormatsTest, ColoursAreInTheirPlaces) {
  for (auto format : {psd, tga, pcx, sgi, pnm, cur})
    EXPECT_EQ(first_pixel(format), (std::array{0x10, 0x20, 0x30})) << facts_of(format).name;
}

TEST(OtherFormatsTest, LightOfHdrBecomesSrgb) {
  for (auto x : first_pixel(hdr)) // a half of full light
    EXPECT_NEAR(x, 188, 2);
}

/// 24 bits, rows from the bottom or the top, from the left or the right.
std::string tga_of(const raster& x, bool from_top, bool from_right) {
  std::string file("\0\0\2\0\0\0\0\0\0\0\0\0", 12);
  file += little_endian(x.width, 2) + little_endian(x.height, 2) + '\x18';
  file += static_cast<char>((from_top ? 0x20 : 0) | (from_right ? 0x10 : 0));
  for (std::uint32_t row = 0; row < x.height; ++row)
    for (std::uint32_t column = 0; column < x.width; ++column) {
      auto y = from_top ? row : x.height - 1 - row;
      auto place = from_right ? x.width - 1 - column : column;
      const auto* at = &x.samples[(std::size_t{y} * x.width + place) * 3];
      for (int i : {2, 1, 0})
        file += static_cast<char>(at[i]);
    }
  return file;
}

TEST(OtherFormatsTest, EveryOriginOfTgaIsRead) {
  auto scene = draw_scene(60, 40);
  for (auto from_top : {true, false})
    for (auto from_right : {true, false}) {
      auto result = convert_bytes(tga, tga_of(scene, from_top, from_right), {.target = png});
      ASSERT_FALSE(result.why) << result.why.text();
      EXPECT_EQ(largest_difference(decoded(png, result.bytes), scene), 0) << from_top << from_right;
    }
}

std::string ico_of(const std::vector<raster>& pictures) {
  std::string head("\0\0\1\0", 4);
  head += little_endian(static_cast<std::uint32_t>(pictures.size()), 2);
  std::string body;
  for (const auto& x : pictures) {
    auto file = encoded(x, png);
    auto place = 6 + 16 * pictures.size() + body.size();
    head += little_endian(x.width % 256, 1) + little_endian(x.height % 256, 1) + little_endian(0, 2)
            + little_endian(1, 2) + little_endian(32, 2)
            + little_endian(static_cast<std::uint32_t>(file.size()), 4)
            + little_endian(static_cast<std::uint32_t>(place), 4);
    body += file;
  }
  return head + body;
}

TEST(IcoFileTest, LargestPictureIsRead) {
  auto source = ico_of({draw_scene(16, 16, 4), draw_scene(48, 32, 4), draw_scene(32, 32, 4)});
  auto result = convert_bytes(ico, source, {.target = png});
  ASSERT_FALSE(result.why) << result.why.text();
  EXPECT_EQ(decoded(png, result.bytes).samples, draw_scene(48, 32, 4).samples);
}

TEST(IcoFileTest, PictureThatIsNotThereIsPassedOver) {
  auto source = ico_of({draw_scene(16, 16, 4), draw_scene(48, 32, 4)});
  source[6 + 16 + 11] = '\x7F'; // the size of the second
  auto result = convert_bytes(ico, source, {.target = png});
  EXPECT_EQ(result.width, 16u);
  EXPECT_THROW(largest_icon(as_bytes_view(source.substr(0, 20))), imaging_error);
}

TEST(IcoFileTest, LargePicturesAreFittedIn) {
  for (auto [width, height] : {std::pair{600u, 300u}, {300u, 600u}, {256u, 256u}, {20u, 40u}}) {
    auto result = convert_bytes(png, encoded(draw_scene(width, height), png), {.target = ico});
    ASSERT_FALSE(result.why) << result.why.text();
    auto longer = std::min(icon_side_max, std::max(width, height));
    EXPECT_EQ(std::max(result.width, result.height), longer);
    EXPECT_EQ(result.width * height, result.height * width);
    auto back = decoded(ico, result.bytes);
    EXPECT_EQ(back.width, result.width);
    EXPECT_GT(likeness(back, draw_scene(back.width, back.height)), 0.9);
  }
}

std::string raw_profile(const std::string& block) {
  constexpr char digits[] = "0123456789abcdef";
  std::string text = "\nexif\n" + std::to_string(block.size()) + "\n";
  for (std::size_t i = 0; i < block.size(); ++i) {
    auto byte = static_cast<std::uint8_t>(block[i]);
    text += {digits[byte >> 4], digits[byte & 15]};
    if (i % 36 == 35)
      text += '\n';
  }
  return text + "\n";
}

TEST(PngFileTest, ExifInATextChunkIsAppliedAndKept) {
  auto scene = draw_scene(60, 40);
  auto stored = encoded(stored_as(scene, 6), png);
  auto text = raw_profile(exif_block(6, 40, 60));
  auto chunk = png_chunk("tEXt", std::string("Raw profile type exif\0", 22) + text);
  auto source = stored.substr(0, png_after_ihdr) + chunk + stored.substr(png_after_ihdr);
  auto result = convert_bytes(png, source, {.target = jpg, .quality = 95});
  ASSERT_FALSE(result.why) << result.why.text();
  EXPECT_GT(likeness(decoded(jpg, result.bytes), scene), 0.94);
  EXPECT_NE(result.bytes.find("Picasso"), std::string::npos);
  for (std::size_t size = 22; size < chunk.size() - 12; ++size) {
    auto cut = png_chunk("tEXt", chunk.substr(8, size));
    auto damaged = stored.substr(0, png_after_ihdr) + cut + stored.substr(png_after_ihdr);
    EXPECT_FALSE(convert_bytes(png, damaged, {.target = bmp}).why) << size;
  }
}

} // namespace
} // namespace convertd
