#include "config/nearest.hpp"
#include "config/values.hpp"

#include <gtest/gtest.h>

namespace convertd {
namespace {

TEST(SizeTest, UnitsArePowersOf1000AndOf1024) {
  EXPECT_EQ(parse_size("65536"), 65536u);
  EXPECT_EQ(parse_size("7B"), 7u);
  EXPECT_EQ(parse_size("64KiB"), 65536u);
  EXPECT_EQ(parse_size("1KB"), 1000u);
  EXPECT_EQ(parse_size("1 GB"), 1'000'000'000u);
  EXPECT_EQ(parse_size("3gib"), 3u << 30);
  EXPECT_EQ(parse_size("50TB"), 50'000'000'000'000u);
  EXPECT_EQ(parse_size("2TiB"), 2ull << 40);
}

TEST(SizeTest, RefusesWhatIsNoSize) {
  for (auto text : {"", "MiB", "-1", "+1", "1.5MiB", "1  MiB", "1MiBs", " 1", "1 ", "0x10",
                    "18446744073709551616", "99999999TiB"})
    EXPECT_FALSE(parse_size(text)) << text;
}

TEST(SizeTest, TextReadsBack) {
  for (std::uint64_t x : {0ull, 1ull, 999ull, 1000ull, 1024ull, 50'000'000ull, 64ull << 30,
                          50'000'000'000'000ull, ~0ull})
    EXPECT_EQ(parse_size(size_text(x)), x) << size_text(x);
  EXPECT_EQ(size_text(10ull << 30), "10GiB");
  EXPECT_EQ(size_text(50'000'000), "50MB");
}

TEST(DurationTest, ReadsEveryUnit) {
  EXPECT_EQ(parse_duration("500ms"), milliseconds{500});
  EXPECT_EQ(parse_duration("30s"), milliseconds{30'000});
  EXPECT_EQ(parse_duration("15min"), milliseconds{15 * 60'000});
  EXPECT_EQ(parse_duration("24h"), milliseconds{24 * 3'600'000});
  EXPECT_EQ(parse_duration("30d"), milliseconds{30ll * 24 * 3'600'000});
  EXPECT_EQ(parse_duration("0"), milliseconds{0});
}

TEST(DurationTest, RefusesANumberWithoutAUnitAndWhatDoesNotFit) {
  for (auto text : {"30", "", "s", "3m", "1h30min", "-1s", "18446744073709551615ms"})
    EXPECT_FALSE(parse_duration(text)) << text;
}

TEST(DurationTest, TextReadsBack) {
  for (long x : {0l, 1l, 1500l, 30'000l, 3'600'000l, 2'592'000'000l})
    EXPECT_EQ(parse_duration(duration_text(milliseconds{x})), milliseconds{x});
  EXPECT_EQ(duration_text(milliseconds{2'592'000'000}), "30d");
}

TEST(BooleanTest, ReadsTheUsualWords) {
  for (auto text : {"true", "Yes", "ON", "1"})
    EXPECT_EQ(parse_boolean(text), true) << text;
  for (auto text : {"false", "no", "off", "0"})
    EXPECT_EQ(parse_boolean(text), false) << text;
  EXPECT_FALSE(parse_boolean("maybe"));
  EXPECT_FALSE(parse_boolean(""));
}

TEST(NearestTest, DistanceCountsSingleCharacters) {
  EXPECT_EQ(edit_distance("", "abc"), 3u);
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3u);
  EXPECT_EQ(edit_distance("port", "port"), 0u);
}

TEST(NearestTest, SuggestsOnlyWhatIsNear) {
  EXPECT_EQ(nearest("prot", {"data", "port"}), "port");
  EXPECT_EQ(nearest("http.prot", {"http.port", "http.listen"}), "http.port");
  EXPECT_EQ(nearest("colour", {"data", "port"}), "");
  EXPECT_EQ(nearest(std::string(10'000, 'x'), {"data"}), "");
}

} // namespace
} // namespace convertd
