#include "http/dechunker.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace convertd {

namespace {

struct outcome_of_chunks {
  std::string data;
  std::string rest;
  bool done = false;
  bool bad = false;
};

/// Feeds `text` in two parts, as it may arrive, and takes data in small bites.
outcome_of_chunks dechunk(const std::string& text, std::size_t split, std::size_t bite = 3) {
  dechunker chunks;
  outcome_of_chunks out;
  std::string_view first = std::string_view{text}.substr(0, split);
  std::string_view second = std::string_view{text}.substr(split);
  for (auto* part : {&first, &second})
    for (auto data = chunks.next(*part, bite); !data.empty(); data = chunks.next(*part, bite))
      out.data += data;
  out.rest = std::string{first} + std::string{second};
  out.done = chunks.done();
  out.bad = chunks.bad();
  return out;
}

} // namespace

TEST(Dechunker, GivesTheDataAtEverySplit) {
  std::string text = "5\r\nhello\r\nA;name=\"v\"\r\n, chunked!\r\n0\r\nTrailer: x\r\n\r\nGET /next";
  for (std::size_t split = 0; split <= text.size(); ++split) {
    auto out = dechunk(text, split);
    EXPECT_EQ(out.data, "hello, chunked!") << split;
    EXPECT_TRUE(out.done) << split;
    EXPECT_EQ(out.rest, "GET /next") << split;
  }
}

TEST(Dechunker, RefusesWhatIsNotTheGrammar) {
  for (const std::string& text : std::vector<std::string>{
         "\r\n", "x\r\n", "-1\r\n", "0x5\r\nhello\r\n", "5\nhello\r\n", "5 \r\nhello\r\n",
         " 5\r\nhello\r\n", "5\r\nhelloX\r\n", "5\r\nhello\n0\r\n\r\n", "5\r\nhello\r0\r\n\r\n",
         "5;a\nb\r\nhello\r\n", "0\r\n\n", "0\r\nT: x\n\r\n", "10000000000000000\r\n",
         "00000000000000005\r\nhello", "FFFFFFFFFFFFFFFFF\r\n", "5\r\r\nhello\r\n"})
    EXPECT_TRUE(dechunk(text, 0).bad) << text;
}

TEST(Dechunker, TakesTheLargestSizeWithoutOverflow) {
  dechunker chunks;
  std::string_view text = "FFFFFFFFFFFFFFFF\r\nabc";
  EXPECT_EQ(chunks.next(text, 100), "abc");
  EXPECT_FALSE(chunks.bad());
}

TEST(Dechunker, BoundsExtensionsAndTrailers) {
  EXPECT_TRUE(dechunk("5;" + std::string(dechunker::line_bytes_max, 'a') + "\r\n", 0).bad);
  std::string trailers = "0\r\n";
  while (trailers.size() < dechunker::line_bytes_max + 10)
    trailers += "A: b\r\n";
  EXPECT_TRUE(dechunk(trailers, 0).bad);
}

} // namespace convertd
