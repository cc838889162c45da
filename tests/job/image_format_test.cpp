#include "job/error.hpp"
#include "job/image_format.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace convertd {
namespace {

using namespace std::string_literals;

image_format sniff_text(const std::string& head) {
  return sniff(std::as_bytes(std::span{head}));
}

TEST(ImageFormatTest, MagicBytesTellTheFormat) {
  EXPECT_EQ(sniff_text("\xFF\xD8\xFF\xE0"), image_format::jpg);
  EXPECT_EQ(sniff_text("\x89PNG\r\n\x1A\n"), image_format::png);
  EXPECT_EQ(sniff_text("RIFF\x10\0\0\0WEBPVP8 "s), image_format::webp);
  EXPECT_EQ(sniff_text("\0\0\0\x1C"
                       "ftypavif\0\0\0\0mif1avif"s),
            image_format::avif);
  EXPECT_EQ(sniff_text("\0\0\0\x1C"
                       "ftypmif1\0\0\0\0mif1avif"s),
            image_format::avif);
  EXPECT_EQ(sniff_text("\0\0\0\x18"
                       "ftypheic\0\0\0\0mif1heic"s),
            image_format::heif);
  EXPECT_EQ(sniff_text("II*\0\x08\0\0\0"s), image_format::tiff);
  EXPECT_EQ(sniff_text("GIF89a\x01\0\x01\0"s), image_format::gif);
  EXPECT_EQ(sniff_text("BM\x46\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0\x01\0\0\0\x01\0\0\0"s),
            image_format::bmp);
}

TEST(ImageFormatTest, BrandsBehindTheirBoxDoNotCount) {
  EXPECT_EQ(sniff_text("\0\0\0\x18"
                       "ftypheic\0\0\0\0mif1heicavif"s),
            image_format::heif);
}

TEST(ImageFormatTest, TextAndDocumentsAreNoImages) {
  EXPECT_EQ(sniff_text(""), image_format::unknown);
  EXPECT_EQ(sniff_text("BMW is a maker of cars and of motorcycles too"), image_format::unknown);
  EXPECT_EQ(sniff_text("<?xml version='1.0'?><html/>"), image_format::unknown);
  EXPECT_EQ(sniff_text("push graphic-context\nviewbox 0 0 640 480\nfill 'url(https:"),
            image_format::unknown);
  EXPECT_EQ(sniff_text("PK\x03\x04 some archive with a long enough head here......"),
            image_format::unknown);
  EXPECT_EQ(sniff_text(std::string(64, '\0')), image_format::unknown);
}

TEST(ImageFormatTest, DrawingsAndDocumentsAreKnownAndNotRead) {
  for (auto text :
       {"<svg/>", "\xEF\xBB\xBF <svg xmlns='http://www.w3.org/2000/svg'/>",
        "<?xml version='1.0'?><!-- a comment --><svg xmlns='http://www.w3.org/2000/svg'/>"})
    EXPECT_EQ(sniff_text(text), image_format::svg) << text;
  EXPECT_EQ(sniff_text("%PDF-1.7\n%\xE2\xE3\xCF\xD3\n1 0 obj"), image_format::pdf);
  for (auto format : {image_format::svg, image_format::pdf}) {
    EXPECT_FALSE(facts_of(format).read);
    EXPECT_FALSE(why_not_read(format).empty());
  }
  EXPECT_TRUE(why_not_read(image_format::unknown).empty());
}

TEST(ImageFormatTest, BothSpellingsAreReadInAnyCase) {
  EXPECT_EQ(parse_format("JPEG"), image_format::jpg);
  EXPECT_EQ(parse_format("tif"), image_format::tiff);
  EXPECT_EQ(parse_format("webp"), image_format::webp);
  EXPECT_EQ(parse_format("mp4"), std::nullopt);
  EXPECT_EQ(parse_format(""), std::nullopt);
}

TEST(ErrorTest, EveryCodeHasANameAndASentence) {
  std::set<std::string_view> names;
  for (int i = 1; i < 128; ++i) {
    auto code = static_cast<ec>(i);
    if (code_of(code) == "internal" && code != ec::internal)
      continue; // a number that stands for nothing
    EXPECT_TRUE(names.insert(code_of(code)).second) << code_of(code);
    EXPECT_FALSE(sentence_of(code).empty()) << code_of(code);
  }
  EXPECT_EQ(names.size(), 45U);
}

} // namespace
} // namespace convertd
