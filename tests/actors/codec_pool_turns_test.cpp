// Which file the pool takes up next.
#include "tests/actors/codec_pool_fixture.hpp"

#include <set>

namespace convertd {
namespace {

class CodecPoolTurnsTest : public CodecPoolTest {};

TEST_F(CodecPoolTurnsTest, AccountsTakeTurns) {
  begin(100, 1);
  begin(100, 1);
  std::vector<decltype(begin(100, 1))> queued;
  for (int i = 0; i < 50; ++i)
    queued.push_back(begin(100, 1));
  begin(100, 2);
  auto before = 0;
  while (workers->converting.back().second->account != 2 && before < 50) {
    end_next();
    ++before;
  }
  // One turn is a megabyte of credit; the pixels of each file are charged to it.
  EXPECT_LE(before, 4);
}

TEST_F(CodecPoolTurnsTest, TheSmallestFilesUseUpATurnToo) {
  workers->headers[100] = {image_format::png, 8, 8, 1, 8, false, 1};
  for (int i = 0; i < 52; ++i)
    begin(100, 1);
  begin(100, 2);
  auto before = 0;
  while (workers->converting.back().second->account != 2 && before < 50) {
    end_next();
    ++before;
  }
  EXPECT_LE(before, 2);
}

TEST_F(CodecPoolTurnsTest, AFileThatIsWaitedForGoesAheadOfEveryJob) {
  for (int i = 0; i < 50; ++i)
    begin(100, 1);
  begin_sync(100, 2); // by the spare worker
  begin_sync(100, 2);
  end_next();
  ASSERT_EQ(workers->converting.size(), 3U);
  EXPECT_TRUE(workers->converting.back().second->is_sync());
}

TEST_F(CodecPoolTurnsTest, JobsGoOnBesideAnEndlessStreamOfRequests) {
  for (int i = 0; i < 50; ++i)
    begin(100, 1);
  std::set<file_task_ptr> jobs;
  for (int i = 0; i < 40; ++i) {
    begin_sync(100, 2);
    begin_sync(100, 3);
    end_next();
    if (auto last = workers->converting.back().second; !last->is_sync())
      jobs.insert(last);
  }
  EXPECT_GE(jobs.size(), 5U); // one in eight
  EXPECT_LE(jobs.size(), 20U);
}

TEST_F(CodecPoolTurnsTest, AFileThatIsWaitedForPassesASuspectThatWaits) {
  begin(100);
  begin(100);
  begin(100, 1, suspect_after); // waits until it can be alone
  begin_sync(100, 2);
  end_next();
  EXPECT_TRUE(workers->converting.back().second->is_sync());
}

TEST_F(CodecPoolTurnsTest, AFileThatIsWaitedForPassesAnImageThatWaitsForMemory) {
  begin(200);
  begin(200); // has a worker, and no memory
  begin_sync(100, 2);
  EXPECT_EQ(workers->converting.size(), 2U);
  EXPECT_EQ(workers->granted.back(), codec_memory(1'000'000));
}

TEST_F(CodecPoolTurnsTest, WhatIsSmallNeverWaitsForWhatIsLarge) {
  begin(200);
  begin(200); // waits for memory
  begin(200); // and this for a place
  auto small = begin(100);
  ASSERT_EQ(workers->converting.size(), 2U);
  std::swap(workers->converting[0], workers->converting[1]);
  end_next();
  EXPECT_EQ(receive_answer<file_outcome>(small)->what, file_outcome::kind::converted);
}

TEST_F(CodecPoolTurnsTest, ALargeFileThatWasSetAsideGetsItsPlace) {
  begin(200);
  begin(200);
  auto aside = begin(200, 2);
  EXPECT_EQ(workers->skipped, 1);
  for (int i = 0; i < 3; ++i)
    end_next();
  EXPECT_EQ(receive_answer<file_outcome>(aside)->what, file_outcome::kind::converted);
}

TEST_F(CodecPoolTurnsTest, SmallFilesAloneGetNoMoreThanTheWorkers) {
  for (int i = 0; i < 5; ++i)
    begin(100);
  EXPECT_EQ(workers->converting.size(), 2U);
}

TEST_F(CodecPoolTurnsTest, ALargeFileGetsItsTurnAmongSmallOnes) {
  for (int i = 0; i < 2; ++i)
    begin(100);
  auto large = begin(200, 2);
  for (int i = 0; i < 20; ++i)
    begin(100);
  for (int i = 0; i < 30 && !workers->converting.empty(); ++i)
    end_next();
  EXPECT_EQ(receive_answer<file_outcome>(large)->what, file_outcome::kind::converted);
}

TEST_F(CodecPoolTurnsTest, ANewcomerStartsAtOnceBesideABatch) {
  for (int i = 0; i < 50; ++i)
    begin(100, 1);
  ASSERT_EQ(workers->converting.size(), 2U);
  begin(100, 2);
  ASSERT_EQ(workers->converting.size(), 3U);
  EXPECT_EQ(workers->converting.back().second->account, 2U);
}

TEST_F(CodecPoolTurnsTest, ACallStartsAtOnceBesideABatchOfItsOwnAccount) {
  for (int i = 0; i < 50; ++i)
    begin(100, 1);
  begin_sync(100, 1);
  ASSERT_EQ(workers->converting.size(), 3U);
  EXPECT_TRUE(workers->converting.back().second->is_sync());
}

TEST_F(CodecPoolTurnsTest, NewcomersShareOneSpareWorkerAndLeaveTheOthersToTheTurns) {
  for (int i = 0; i < 10; ++i)
    begin(100, 1);
  for (account_id account = 2; account < 12; ++account)
    begin(100, account);
  EXPECT_EQ(workers->converting.size(), 3U);
  auto first = 0;
  for (int i = 0; i < 8; ++i) {
    end_next();
    first += workers->converting.back().second->account == 1 ? 1 : 0;
  }
  EXPECT_GE(first, 1);
}

TEST_F(CodecPoolTurnsTest, NoNewcomerPassesASuspectThatIsAlone) {
  begin(100, 1, suspect_after);
  begin(100, 2);
  EXPECT_EQ(workers->converting.size(), 1U);
}

} // namespace
} // namespace convertd
