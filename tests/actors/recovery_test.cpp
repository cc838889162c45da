#include "actors/recovery.hpp"
#include "tests/support/damage.hpp"
#include "tests/support/records.hpp"
#include "tests/support/temp_dir.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <set>

namespace convertd {
namespace {

using namespace std::chrono_literals;

class RecoveryTest : public testing::Test {
protected:
  void put(const job_record& job, const std::vector<file_record>& its_files) {
    write_batch batch{in};
    batch.put_job(job);
    for (const auto& file : its_files)
      batch.put_file(job.id, file);
    batch.commit();
  }

  recovery_report recover_now() {
    return recover(in, files, noon, 1h);
  }

  bool in_live(job_id id) const {
    return std::filesystem::exists(dir.path() / "live" / to_text(id));
  }

  temp_dir dir;
  job_files files{dir.path()};
  std::optional<store> opened{std::in_place, dir.path() / "store",
                              store_options{.map_bytes = 64 * mib, .sync = true}};
  store& in = *opened;
};

TEST_F(RecoveryTest, PendingAndProcessingJobsGoOn) {
  auto pending = pending_job(noon, 1);
  auto processing = pending_job(noon + 1s, 1);
  processing.state = job_state::processing;
  auto final_job = pending_job(noon, 1);
  final_job.state = job_state::completed;
  put(pending, pending_files(1));
  put(processing, pending_files(1));
  put(final_job, {completed_file(0, noon)});
  auto report = recover_now();
  ASSERT_EQ(report.jobs.size(), 2U);
  EXPECT_EQ(report.jobs[0].id, pending.id);
  EXPECT_EQ(report.jobs[1].id, processing.id);
}

TEST_F(RecoveryTest, AFileThatWasAtACodecCountsAnInterruption) {
  auto job = pending_job(noon, 2);
  job.state = job_state::processing;
  auto at_codec = pending_file(0);
  at_codec.progress = started(at_codec.progress);
  put(job, {at_codec, pending_file(1)});
  EXPECT_EQ(recover_now().interrupted, 1U);
  read_view view{in};
  EXPECT_EQ(view.file(job.id, 0)->progress.interruptions, 1);
  EXPECT_EQ(view.file(job.id, 0)->progress.state, file_state::pending);
  EXPECT_EQ(view.file(job.id, 1)->progress.interruptions, 0);
}

TEST_F(RecoveryTest, EvenAFileThatTakesTheMachineDownIsBounded) {
  auto job = pending_job(noon, 1);
  job.state = job_state::processing;
  put(job, pending_files(1));
  for (int i = 0; i < interruptions_max; ++i) {
    auto file = *read_view{in}.file(job.id, 0);
    file.progress = started(file.progress);
    put(*read_view{in}.job(job.id), {file});
    recover_now();
  }
  EXPECT_EQ(read_view{in}.file(job.id, 0)->progress.error, ec::interrupted);
  EXPECT_EQ(read_view{in}.job(job.id)->state, job_state::failed);
  EXPECT_TRUE(recover_now().jobs.empty());
}

TEST_F(RecoveryTest, FilesThatItFailsHaveChangeNumbersOfTheirOwn) {
  auto job = pending_job(noon, 4);
  job.state = job_state::processing;
  job.change = 5;
  auto of = pending_files(4);
  for (auto& file : of) {
    file.progress.state = file_state::processing;
    file.progress.interruptions = interruptions_max - 1;
  }
  of[3] = completed_file(3, noon); // as if an earlier recovery had been cut off after it
  of[3].change = 7;
  put(job, of);
  recover_now();
  std::set<std::uint64_t> numbers;
  for (const auto& file : read_view{in}.files(job.id, 0, 4))
    numbers.insert(file.change);
  auto settled = *read_view{in}.job(job.id);
  EXPECT_EQ(settled.state, job_state::completed);
  EXPECT_GE(settled.change, *numbers.rbegin());
  EXPECT_EQ(read_view{in}.ended_after(job.id, 5, 10).size(), 4U);
}

TEST_F(RecoveryTest, CountsAreTakenAnewFromTheFiles) {
  auto job = pending_job(noon, 2);
  job.state = job_state::processing;
  job.files_completed = 2; // a later update of the job was committed, an earlier one of a file not
  put(job, {completed_file(0, noon), pending_file(1)});
  recover_now();
  EXPECT_EQ(read_view{in}.job(job.id)->files_completed, 1U);
}

TEST_F(RecoveryTest, AJobWhoseFilesHaveAllEndedIsSettled) {
  auto job = pending_job(noon, 1);
  job.state = job_state::processing;
  put(job, {completed_file(0, noon)});
  EXPECT_TRUE(recover_now().jobs.empty());
  EXPECT_EQ(read_view{in}.job(job.id)->state, job_state::completed);
}

TEST_F(RecoveryTest, AnUploadThatNeverBecameAJobLeavesNothing) {
  auto job = pending_job(noon, 3);
  job.state = job_state::uploading;
  put(job, pending_files(3));
  files.keep_source(job.id, files.nameless().get());
  EXPECT_EQ(recover_now().abandoned, 1U);
  EXPECT_FALSE(read_view{in}.job(job.id));
  EXPECT_TRUE(read_view{in}.files(job.id, 0, 10).empty());
  EXPECT_TRUE(read_view{in}.doomed().empty());
  EXPECT_FALSE(in_live(job.id));
}

TEST_F(RecoveryTest, AFolderThatNoRecordNamesGoes) {
  auto stranger = mint<job_id>(noon);
  files.keep_source(stranger, files.nameless().get());
  EXPECT_EQ(recover_now().folders, 1U);
  EXPECT_FALSE(in_live(stranger));
}

TEST_F(RecoveryTest, AnOutputWhoseRecordWasNotCommittedGoesAndOthersStay) {
  auto job = pending_job(noon, 3);
  job.state = job_state::processing;
  job.sources_inline = false;
  files.keep_source(job.id, files.nameless().get());
  files.keep_output(job.id, 0, files.nameless().get());
  files.keep_output(job.id, 1, files.nameless().get());
  put(job, {completed_file(0, noon), pending_file(1), pending_file(2)});
  recover_now();
  EXPECT_TRUE(files.open_output(job.id, 0));
  EXPECT_FALSE(files.open_output(job.id, 1));
  EXPECT_TRUE(files.open_source(job.id));
}

TEST_F(RecoveryTest, TheFolderOfAFinalJobMovesToKept) {
  auto job = pending_job(noon, 1);
  job.state = job_state::completed;
  files.keep_source(job.id, files.nameless().get());
  put(job, {completed_file(0, noon)});
  recover_now();
  EXPECT_FALSE(in_live(job.id));
  EXPECT_TRUE(files.open_source(job.id));
}

TEST_F(RecoveryTest, ADamagedRecordCostsItsJobOnly) {
  auto damaged = pending_job(noon, 1);
  damaged.state = job_state::processing;
  auto file = pending_file(0);
  file.source_name = "the damaged one";
  put(damaged, {file});
  auto whole = pending_job(noon + 1s, 1);
  put(whole, pending_files(1));
  opened.reset();
  ASSERT_GT(flip_bit_in(dir.path() / "store" / "data.mdb", "the damaged one"), 0);
  opened.emplace(dir.path() / "store", store_options{.map_bytes = 64 * mib, .sync = true});
  auto report = recover_now();
  EXPECT_EQ(report.damaged, std::vector{damaged.id});
  ASSERT_EQ(report.jobs.size(), 1U);
  EXPECT_EQ(report.jobs[0].id, whole.id);
}

TEST_F(RecoveryTest, ASecondRecoveryChangesNothing) {
  auto job = pending_job(noon, 2);
  job.state = job_state::processing;
  auto at_codec = pending_file(0);
  at_codec.progress = started(at_codec.progress);
  put(job, {at_codec, completed_file(1, noon)});
  recover_now();
  auto before = read_view{in}.files(job.id, 0, 10);
  recover_now();
  EXPECT_EQ(read_view{in}.files(job.id, 0, 10), before);
}

} // namespace
} // namespace convertd
