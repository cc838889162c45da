#include "job/lanes.hpp"

#include <gtest/gtest.h>

#include <string>

namespace convertd {
namespace {

class LanesTest : public testing::Test {
protected:
  void push(lane where, account_id account, char name, std::uint64_t cost = 1) {
    line.push(where, account, name, cost);
  }
  std::string take(int count) {
    std::string out;
    for (int i = 0; i < count && line.front() != nullptr; ++i)
      out += line.take();
    return out;
  }

  lanes<char> line{2};
};

TEST_F(LanesTest, WhatIsAheadGoesAhead) {
  push(lane::behind, 1, 'j');
  push(lane::ahead, 2, 's');
  EXPECT_EQ(take(2), "sj");
  EXPECT_EQ(line.front(), nullptr);
}

TEST_F(LanesTest, AnItemThatShowedAtTheFrontIsPassedToo) {
  push(lane::behind, 1, 'j');
  EXPECT_EQ(*line.front(), 'j');
  push(lane::ahead, 2, 's');
  EXPECT_EQ(*line.front(), 's');
  EXPECT_EQ(take(2), "sj");
}

TEST_F(LanesTest, AfterSoManyInARowOneFromBehindHasItsTurn) {
  for (int i = 0; i < 20; ++i)
    push(lane::ahead, 1, 's');
  for (int i = 0; i < 2; ++i)
    push(lane::behind, 1, 'j');
  EXPECT_EQ(take(22), "sssssss"
                      "j"
                      "sssssss"
                      "j"
                      "ssssss");
}

TEST_F(LanesTest, OnlyWhatPassesSomethingIsCounted) {
  for (int i = 0; i < 10; ++i)
    push(lane::ahead, 1, 's');
  EXPECT_EQ(take(9), "sssssssss");
  push(lane::behind, 1, 'j');
  EXPECT_EQ(take(2), "sj");
}

TEST_F(LanesTest, AccountsTakeTurnsWithinALane) {
  for (int i = 0; i < 4; ++i)
    push(lane::ahead, 1, 'a');
  push(lane::ahead, 2, 'b');
  EXPECT_EQ(take(5), "aabaa"); // a turn is worth two
}

TEST_F(LanesTest, WhatIsTakenOutOfTurnIsTheFirstThatIsWelcome) {
  push(lane::behind, 1, 'a');
  push(lane::behind, 2, 'b');
  push(lane::ahead, 3, 'c');
  line.front();
  auto letter = [](char wanted) { return [wanted](char x) { return x == wanted; }; };
  EXPECT_EQ(line.take_if(letter('x')), std::nullopt);
  EXPECT_EQ(line.take_if(letter('b')), 'b');
  EXPECT_EQ(line.take_if(letter('c')), 'c'); // it showed at the front
  EXPECT_EQ(take(2), "a");
}

TEST_F(LanesTest, ErasingReachesWhatShowsAtTheFront) {
  push(lane::behind, 1, 'x');
  push(lane::ahead, 1, 'x');
  push(lane::behind, 1, 'y');
  line.front();
  line.erase_if([](char item) { return item == 'x'; });
  EXPECT_EQ(take(2), "y");
}

} // namespace
} // namespace convertd
