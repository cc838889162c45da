#include "job/job_state.hpp"
#include "job/limits.hpp"

#include <gtest/gtest.h>

namespace convertd {
namespace {

TEST(JobStateTest, OnlyTheEdgesOfTheDiagramExist) {
  using enum job_state;
  EXPECT_EQ(next(uploading, job_event::accept), pending);
  EXPECT_EQ(next(pending, job_event::start), processing);
  EXPECT_EQ(next(processing, job_event::settle_some_ok), completed);
  EXPECT_EQ(next(processing, job_event::settle_none_ok), failed);
  EXPECT_EQ(next(pending, job_event::cancel), failed);
  EXPECT_EQ(next(processing, job_event::force_cancel), failed);
  EXPECT_EQ(next(processing, job_event::cancel), std::nullopt);
  EXPECT_EQ(next(uploading, job_event::start), std::nullopt);
}

TEST(JobStateTest, NothingLeavesAFinalState) {
  for (auto state : {job_state::completed, job_state::failed})
    for (auto event : {job_event::accept, job_event::start, job_event::settle_some_ok,
                       job_event::settle_none_ok, job_event::cancel, job_event::force_cancel})
      EXPECT_EQ(next(state, event), std::nullopt);
}

TEST(JobStateTest, NamesAreTheWordsOfTheApi) {
  EXPECT_EQ(name_of(job_state::pending), "pending");
  EXPECT_EQ(parse_job_state("completed"), job_state::completed);
  EXPECT_EQ(parse_job_state("uploading"), std::nullopt);
  EXPECT_EQ(parse_job_state("queued"), std::nullopt);
}

TEST(FileProgressTest, AFileIsGivenUpAfterItsSecondCrash) {
  auto file = died(started({}), ec::decoder_crashed);
  EXPECT_EQ(file.state, file_state::pending);
  file = died(started(file), ec::timeout);
  EXPECT_EQ(file.state, file_state::failed);
  EXPECT_EQ(file.error, ec::timeout);
  EXPECT_EQ(file.crashes, crashes_max);
}

TEST(FileProgressTest, InterruptionsDoNotCountAsCrashes) {
  file_progress file;
  for (int i = 1; i < interruptions_max; ++i) {
    file = interrupted(started(file));
    ASSERT_EQ(file.state, file_state::pending);
  }
  EXPECT_EQ(file.crashes, 0);
  file = interrupted(started(file));
  EXPECT_EQ(file.state, file_state::failed);
  EXPECT_EQ(file.error, ec::interrupted);
}

TEST(FileProgressTest, WhatHasEndedStaysAsItEnded) {
  auto done = converted(started({}));
  EXPECT_EQ(died(done, ec::decoder_crashed), done);
  EXPECT_EQ(interrupted(done), done);
  EXPECT_EQ(refused(done, ec::decode_failed), done);
  EXPECT_EQ(cancelled(done), done);
  EXPECT_EQ(started(done), done);
}

} // namespace
} // namespace convertd
