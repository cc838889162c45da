#include "job/job.hpp"
#include "tests/support/records.hpp"

#include <gtest/gtest.h>

namespace convertd {
namespace {

using namespace std::chrono_literals;

job_record processing_job(std::uint32_t files) {
  auto job = pending_job(noon, files);
  job.state = job_state::processing;
  return job;
}

file_record failed_file() {
  file_record file;
  file.progress = refused(started({}), ec::decode_failed);
  return file;
}

TEST(JobTest, OneGoodFileIsEnoughToComplete) {
  auto job = processing_job(2);
  count_ended(job, failed_file());
  settle_if_done(job, noon, 1h);
  EXPECT_EQ(job.state, job_state::processing);
  count_ended(job, completed_file(1, noon));
  settle_if_done(job, noon, 1h);
  EXPECT_EQ(job.state, job_state::completed);
  EXPECT_EQ(job.output_bytes, 40U);
  EXPECT_EQ(job.expires, noon + 1h);
}

TEST(JobTest, AJobWithoutAGoodFileFailsAndSaysSo) {
  auto job = processing_job(1);
  count_ended(job, failed_file());
  settle_if_done(job, noon, 0ms);
  EXPECT_EQ(job.state, job_state::failed);
  EXPECT_FALSE(job.error_message.empty());
  EXPECT_EQ(job.expires, timestamp{});
}

TEST(JobTest, ProgressIsAHundredOnlyAtTheEnd) {
  auto job = processing_job(3);
  auto last = 0;
  for (int i = 0; i < 3; ++i) {
    count_ended(job, completed_file(0, noon));
    EXPECT_GE(progress_percent(job), last);
    last = progress_percent(job);
    EXPECT_LT(last, 100);
  }
  settle_if_done(job, noon, 1h);
  EXPECT_EQ(progress_percent(job), 100);
}

TEST(JobTest, CancellingNeedsForceOnceProcessing) {
  EXPECT_FALSE(cancel(processing_job(1), false, noon, 1h));
  auto cancelled = cancel(processing_job(1), true, noon, 1h);
  ASSERT_TRUE(cancelled);
  EXPECT_EQ(cancelled->state, job_state::failed);
  EXPECT_EQ(cancelled->error_message, "Job was cancelled.");
  EXPECT_FALSE(cancel(*cancelled, true, noon, 1h));
  EXPECT_EQ(cancelled->files_failed, 1U);
  EXPECT_EQ(as_shown(*cancelled, pending_file(0)).progress.error, ec::cancelled);
  EXPECT_EQ(as_shown(*cancelled, completed_file(0, noon)).progress.error, ec::none);
}

TEST(JobTest, RecordsStayAsLongAgainAsTheirBytes) {
  auto job = processing_job(1);
  count_ended(job, completed_file(0, noon));
  EXPECT_EQ(next_due(job), timestamp{});
  settle_if_done(job, noon, 1h);
  EXPECT_EQ(next_due(job), noon + 1h);
  job.erased = true;
  EXPECT_EQ(next_due(job), noon + 2h);
}

} // namespace
} // namespace convertd
