#include "http/byte_range.hpp"

#include <gtest/gtest.h>

#include <string>

namespace convertd {

namespace {

std::string chosen(std::string_view field, std::uint64_t size = 100) {
  auto choice = choose_range(field, size);
  if (std::holds_alternative<whole_file>(choice))
    return "whole";
  if (std::holds_alternative<not_satisfiable>(choice))
    return "416";
  auto range = std::get<byte_range>(choice);
  return std::to_string(range.first) + "-" + std::to_string(range.last);
}

} // namespace

TEST(ByteRange, TakesOneRange) {
  EXPECT_EQ(chosen("bytes=0-9"), "0-9");
  EXPECT_EQ(chosen("Bytes=10-"), "10-99");
  EXPECT_EQ(chosen("bytes=90-200"), "90-99");
  EXPECT_EQ(chosen("bytes=-5"), "95-99");
  EXPECT_EQ(chosen("bytes=-500"), "0-99");
  EXPECT_EQ(chosen("bytes=99-99"), "99-99");
}

TEST(ByteRange, RefusesWhatLiesOutside) {
  EXPECT_EQ(chosen("bytes=100-"), "416");
  EXPECT_EQ(chosen("bytes=-0"), "416");
  EXPECT_EQ(chosen("bytes=0-", 0), "416");
  EXPECT_EQ(chosen("bytes=-1", 0), "416");
}

TEST(ByteRange, IgnoresWhatItDoesNotServe) {
  for (const char* field : {"bytes=0-1,5-6", "items=0-1", "bytes=", "bytes=a-b", "bytes=5-1",
                            "bytes=5", "bytes=--5", "bytes=1-2-3", "bytes=99999999999999999999-"})
    EXPECT_EQ(chosen(field), "whole") << field;
  EXPECT_TRUE(std::holds_alternative<whole_file>(choose_range(std::nullopt, 100)));
}

} // namespace convertd
