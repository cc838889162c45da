#include "imaging/jpeg_segments.hpp"
#include "tests/imaging/conversions.hpp"

namespace convertd {
namespace {

using enum image_format;

std::string segment(char marker, const std::string& data) {
  auto size = data.size() + 2;
  return {std::string{'\xFF', marker, static_cast<char>(size >> 8), static_cast<char>(size & 0xFF)}
          + data};
}

/// Behind JFIF, which is the first.
std::string with_segments(const std::string& jpeg, const std::string& segments) {
  return jpeg.substr(0, 20) + segments + jpeg.substr(20);
}

const std::string every_kind =
  segment('\xE1', "Exif\0\0SECRET") + segment('\xE1', "http://ns.adobe.com/xap/1.0/SECRET")
  + segment('\xE2', std::string("ICC_PROFILE\0\1\1", 14) + "COLOURS")
  + segment('\xE2', std::string("MPF\0", 4) + "SECRET") + segment('\xED', "Photoshop 3.0 SECRET")
  + segment('\xFE', "SECRET");

std::string stripped(const std::string& jpeg, std::uint8_t orientation = 1) {
  auto bytes = strip_jpeg(as_bytes_view(jpeg), orientation);
  return as_text(bytes);
}

TEST(JpegSegmentsTest, StrippingLeavesPixelsAndProfile) {
  auto plain = encoded(draw_scene(40, 30), jpg);
  auto said = with_segments(plain, every_kind);
  ASSERT_EQ(jpeg_segments(as_bytes_view(said)).size(), 7u);
  auto out = stripped(said);
  EXPECT_EQ(out.find("SECRET"), std::string::npos);
  EXPECT_NE(out.find("COLOURS"), std::string::npos);
  EXPECT_EQ(decoded(jpg, out).samples, decoded(jpg, plain).samples);
  EXPECT_EQ(stripped(plain), plain);
}

TEST(JpegSegmentsTest, WhatFollowsTheEndIsLeftOut) {
  auto plain = encoded(draw_scene(40, 30), jpg);
  EXPECT_EQ(stripped(plain + "SECRET"), plain);
}

TEST(JpegSegmentsTest, CommentsBetweenScansAreFound) {
  auto source = encoded(draw_scene(640, 480), jpg, 98);
  conversion what{.target = jpg, .auto_orient = false, .op = operation::compress, .lossless = true};
  auto done = convert_bytes(jpg, source, what);
  auto scan = done.bytes.rfind("\xFF\xDA");
  ASSERT_NE(scan, std::string::npos);
  auto said = done.bytes.substr(0, scan) + segment('\xFE', "SECRET") + done.bytes.substr(scan);
  EXPECT_EQ(stripped(said), done.bytes);
}

TEST(JpegSegmentsTest, OrientationCanBeSaidAlone) {
  auto said = with_exif(encoded(draw_scene(40, 30), jpg), exif_block(6, 40, 30));
  auto out = stripped(said, 6);
  EXPECT_EQ(out.find("Picasso"), std::string::npos);
  auto probed = probe_image(jpg, as_bytes_view(out), {});
  EXPECT_EQ(std::get<source_header>(probed).orientation, 6);
}

TEST(JpegSegmentsTest, EveryCutIsSurvived) {
  auto said = with_segments(encoded(draw_scene(40, 30), jpg), every_kind);
  for (std::size_t size = 0; size < said.size(); ++size) {
    auto out = stripped(said.substr(0, size));
    EXPECT_EQ(out.find("SECRET"), std::string::npos) << size;
    EXPECT_LE(out.size(), size);
  }
}

} // namespace
} // namespace convertd
