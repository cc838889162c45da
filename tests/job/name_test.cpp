#include "job/ids.hpp"
#include "job/name.hpp"
#include "job/time.hpp"
#include "tests/support/records.hpp"

#include <gtest/gtest.h>

namespace convertd {
namespace {

TEST(NameTest, OnlyTheLastComponentOfASentNameIsKept) {
  EXPECT_EQ(clean_name("../../etc/passwd"), "passwd");
  EXPECT_EQ(clean_name("C:\\photos\\a.png"), "a.png");
  EXPECT_EQ(clean_name(".."), "file");
  EXPECT_EQ(clean_name(""), "file");
  EXPECT_EQ(clean_name("dir/"), "file");
}

TEST(NameTest, ControlCharactersAndBadUtf8DoNotSurvive) {
  EXPECT_EQ(clean_name("a\r\nb\x7F.png"), "ab.png");
  EXPECT_EQ(clean_name("caf\xC3\xA9.png"), "caf\xC3\xA9.png");
  EXPECT_EQ(clean_name("x\xFF.png"), "x\xEF\xBF\xBD.png");
  EXPECT_EQ(clean_name("\xED\xA0\x80"), "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"); // a surrogate
}

TEST(NameTest, ALongNameIsCutBetweenCharacters) {
  std::string name;
  for (int i = 0; i < 200; ++i)
    name += "\xC3\xA9";
  EXPECT_EQ(clean_name(name).size(), 254U);
}

TEST(NameTest, EqualTargetNamesAreNumbered) {
  target_names names;
  EXPECT_EQ(names.next("a.png", image_format::webp), "a.webp");
  EXPECT_EQ(names.next("a.jpg", image_format::webp), "a (2).webp");
  EXPECT_EQ(names.next("a.jpg", image_format::webp), "a (3).webp");
  EXPECT_EQ(names.next("a.jpg", image_format::png), "a.png");
  EXPECT_EQ(names.next(".hidden", image_format::png), ".hidden.png");
}

TEST(NameTest, ANumberThatIsTakenIsLeftOut) {
  target_names names;
  EXPECT_EQ(names.next("a (2).png", image_format::webp), "a (2).webp");
  EXPECT_EQ(names.next("a.png", image_format::webp), "a.webp");
  EXPECT_EQ(names.next("a.png", image_format::webp), "a (3).webp");
}

TEST(IdTest, TextRoundTripsAndSortsByTime) {
  auto early = mint<job_id>(noon);
  auto late = mint<job_id>(noon + milliseconds{1});
  EXPECT_LT(early, late);
  EXPECT_LT(to_text(early), to_text(late));
  EXPECT_EQ(parse_id<job_id>(to_text(early)), early);
  EXPECT_EQ(to_text(early)[14], '7');
}

TEST(IdTest, NothingButAUuidIsRead) {
  auto text = to_text(mint<job_id>(noon));
  EXPECT_FALSE(parse_uuid(text.substr(1)));
  EXPECT_FALSE(parse_uuid(text + "0"));
  text[8] = '0';
  EXPECT_FALSE(parse_uuid(text));
  EXPECT_FALSE(parse_uuid("../../../../../../../../etc/passwd00"));
}

TEST(TimeTest, PrintsRfc3339InUtc) {
  EXPECT_EQ(to_rfc3339(noon + milliseconds{125}), "2026-06-01T12:00:00.125Z");
}

} // namespace
} // namespace convertd
