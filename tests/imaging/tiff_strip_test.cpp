#include "imaging/tiff_file.hpp"
#include "tests/imaging/conversions.hpp"
#include "tests/support/containers.hpp"

namespace convertd {
namespace {

using enum image_format;

struct entry {
  std::uint32_t tag, type, count, value;
};

std::string directory(const std::vector<entry>& entries, std::uint32_t next) {
  auto out = little_endian(static_cast<std::uint32_t>(entries.size()), 2);
  for (const auto& x : entries)
    out += little_endian(x.tag, 2) + little_endian(x.type, 2) + little_endian(x.count, 4)
           + little_endian(x.value, 4);
  return out + little_endian(next, 4);
}

/// One grey pixel, a description, and directories for EXIF and GPS; everything told has SECRET in
/// it.
std::string told_tiff(std::uint32_t next = 0) {
  constexpr std::uint32_t page = 8, entries = 11, exif = page + 2 + entries * 12 + 4;
  constexpr std::uint32_t gps = exif + 18, texts = gps + 18;
  std::string out = std::string("II*\0", 4) + little_endian(page, 4);
  out += directory({{0x0100, 4, 1, 1},
                    {0x0101, 4, 1, 1},
                    {0x0102, 3, 1, 8},
                    {0x0103, 3, 1, 1},
                    {0x0106, 3, 1, 1},
                    {0x010E, 2, 8, texts},
                    {0x0111, 4, 1, texts + 24},
                    {0x0116, 4, 1, 1},
                    {0x0117, 4, 1, 1},
                    {0x8769, 4, 1, exif},
                    {0x8825, 4, 1, gps}},
                   next);
  out += directory({{0x9286, 7, 8, texts + 8}}, 0);
  out += directory({{0x001B, 7, 8, texts + 16}}, 0);
  return out + std::string("SECRET1\0SECRET2\0SECRET3\0\x80", 25);
}

TEST(TiffStripTest, WhatIsToldGoesAndPixelsStay) {
  auto source = told_tiff();
  auto out = as_text(strip_tiff(as_bytes_view(source)));
  EXPECT_EQ(out.size(), source.size());
  EXPECT_EQ(out.find("SECRET"), std::string::npos);
  EXPECT_EQ(decoded(tiff, out).samples, decoded(tiff, source).samples);
}

TEST(TiffStripTest, PagesAreCounted) {
  EXPECT_EQ(tiff_pages(as_bytes_view(told_tiff())), 1u);
  auto two = told_tiff(8); // a ring, which ends somewhere
  EXPECT_GT(tiff_pages(as_bytes_view(two)), 1u);
  EXPECT_EQ(tiff_pages(as_bytes_view("II+")), 0u);
}

TEST(TiffStripTest, PagesStayTogether) {
  auto first = told_tiff();
  auto second = static_cast<std::uint32_t>(first.size() + 1);
  auto source = told_tiff(second) + '\0' + first.substr(8, 2 + 11 * 12 + 4);
  conversion what{.strip_metadata = true, .op = operation::compress};
  settle_for_source(what, tiff);
  auto done = convert_bytes(tiff, source, what);
  EXPECT_EQ(done.bytes.size(), source.size());
  EXPECT_EQ(done.bytes.find("SECRET"), std::string::npos);
  EXPECT_EQ(tiff_pages(as_bytes_view(done.bytes)), 2u);
}

TEST(TiffStripTest, EveryDamageIsSurvived) {
  auto whole = told_tiff();
  for (std::size_t size = 0; size < whole.size(); ++size) {
    auto cut = whole.substr(0, size);
    strip_tiff(as_bytes_view(cut));
    tiff_pages(as_bytes_view(cut));
  }
  for (std::size_t at = 0; at < whole.size(); ++at) {
    auto harmed = whole;
    harmed[at] = '\xFF';
    EXPECT_LE(strip_tiff(as_bytes_view(harmed)).size(), whole.size());
  }
}

} // namespace
} // namespace convertd
