#include "imaging/imaging_error.hpp"
#include "imaging/pdf_file.hpp"
#include "tests/imaging/conversions.hpp"
#include "tests/support/likeness.hpp"

#include <Magick++.h>

namespace convertd {
namespace {

using enum image_format;

/// The bytes of the stream whose dictionary has this word.
std::string stream_of(const std::string& pdf_file, const std::string& word) {
  auto at = pdf_file.find(word);
  auto length = std::stoul(pdf_file.substr(pdf_file.find("/Length ", at) + 8));
  return pdf_file.substr(pdf_file.find("stream\n", at) + 7, length);
}

std::string converted_pdf(const raster& x, std::uint8_t quality = 95) {
  auto result = convert_bytes(png, encoded(x, png), {.target = pdf, .quality = quality});
  EXPECT_FALSE(result.why) << result.why.text();
  EXPECT_EQ(result.quality, quality);
  return result.bytes;
}

TEST(PdfFileTest, HoldsThePictureAsJpeg) {
  auto scene = draw_scene(120, 80);
  auto file = converted_pdf(scene);
  EXPECT_EQ(sniff(as_bytes_view(file)), pdf);
  EXPECT_NE(file.find("/MediaBox [0 0 120.00 80.00]"), std::string::npos);
  EXPECT_NE(file.find("/DeviceRGB"), std::string::npos);
  EXPECT_GT(likeness(decoded(jpg, stream_of(file, "/DCTDecode")), scene), 0.94);
}

TEST(PdfFileTest, AlphaIsPutOnWhite) {
  auto scene = draw_scene(120, 80, 4);
  auto picture = decoded(jpg, stream_of(converted_pdf(scene), "/DCTDecode"));
  EXPECT_GT(likeness(picture, scene), 0.94);
}

TEST(PdfFileTest, TableSaysWhereObjectsAre) {
  auto file = converted_pdf(draw_scene(40, 30));
  auto table = std::stoul(file.substr(file.rfind("startxref\n") + 10));
  ASSERT_EQ(file.substr(table, 9), "xref\n0 6\n");
  for (std::size_t i = 1; i <= 5; ++i) {
    auto line = file.substr(table + 9 + 20 * i, 20);
    EXPECT_EQ(line.substr(10), " 00000 n \n");
    auto name = std::to_string(i) + " 0 obj\n";
    EXPECT_EQ(file.substr(std::stoul(line), name.size()), name);
  }
  EXPECT_TRUE(file.ends_with("%%EOF\n"));
}

TEST(PdfFileTest, GreyIsGrey) {
  raster grey{.width = 16, .height = 16, .channels = 3, .samples = {}};
  grey.samples.assign(16 * 16 * 3, 90);
  auto file = converted_pdf(grey);
  auto channels = decoded(jpg, stream_of(file, "/DCTDecode"));
  EXPECT_LE(largest_difference(channels, grey), 2);
  EXPECT_NE(file.find("/DeviceGray"), std::string::npos);
}

TEST(PdfFileTest, PageIsNotLongerThanReadersTake) {
  auto jpeg = encoded(draw_scene(16, 8), jpg);
  auto file = as_text(pdf_around(as_bytes_view(jpeg), 16'000, 8'000));
  EXPECT_NE(file.find("/MediaBox [0 0 14400.00 7200.00]"), std::string::npos);
  EXPECT_NE(file.find("/Width 16000 /Height 8000"), std::string::npos);
}

TEST(PdfFileTest, WhatIsNoJpegIsRefused) {
  auto jpeg = encoded(draw_scene(16, 8), jpg);
  for (std::size_t size = 0; size < 20; ++size)
    EXPECT_THROW(pdf_around(as_bytes_view(jpeg.substr(0, size)), 16, 8), imaging_error);
}

TEST(PdfFileTest, IsNotRead) {
  auto file = converted_pdf(draw_scene(16, 8));
  EXPECT_EQ(convert_bytes(pdf, file, {.target = png}).why.code, ec::unsupported_input);
}

} // namespace
} // namespace convertd
