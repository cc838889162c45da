#include "actors/job_runner.hpp"
#include "tests/actors/actor_test.hpp"

namespace convertd {
namespace {

class JobRunnerTest : public ActorTest {
protected:
  void TearDown() override {
    codecs->waiting.clear();
    stop(runner);
    stop(pool);
    stop(snapshots);
  }

  void start(std::uint32_t files) {
    id = put(files);
    runner = self->spawn<caf::monitored>(job_runner, id, std::nullopt, snapshots, pool, options);
    run();
  }

  job_id put(std::uint32_t files) {
    auto job = pending_job(noon, files);
    records->put(job, pending_files(files));
    return job.id;
  }

  void end(file_outcome::kind what, failure why = {}) {
    ASSERT_FALSE(codecs->waiting.empty());
    self->send(pool, atom::ended_v, outcome_of(what, std::move(why)));
    run();
  }

  const job_record& job() const {
    return records->jobs.at(id);
  }
  const file_record& file(std::uint32_t index) const {
    return records->files.at({id, index});
  }

  bool runner_quit() {
    auto down = false;
    self->receive([&](const caf::down_msg&) { down = true; }, caf::after(0s) >> [] {});
    return down;
  }

  std::shared_ptr<fake_store> records = std::make_shared<fake_store>();
  std::shared_ptr<fake_codecs> codecs = std::make_shared<fake_codecs>();
  snapshotter_actor snapshots = system.spawn(fake_snapshotter, records);
  fake_pool_actor pool = system.spawn(fake_pool, codecs);
  job_runner_options options{
    .retention = 1h, .files_in_flight = 3, .retry_after = 1'000ms, .now = [] { return noon; }};
  job_id id;
  job_runner_actor runner;
};

TEST_F(JobRunnerTest, AJobWhoseFilesAreConvertedCompletesAndItsRunnerQuits) {
  start(2);
  EXPECT_EQ(job().state, job_state::processing);
  EXPECT_EQ(job().started, noon);
  end(file_outcome::kind::converted);
  EXPECT_EQ(job().files_completed, 1U);
  EXPECT_FALSE(runner_quit());
  end(file_outcome::kind::converted);
  EXPECT_EQ(job().state, job_state::completed);
  EXPECT_EQ(job().expires, noon + 1h);
  EXPECT_EQ(file(1).progress.state, file_state::completed);
  EXPECT_TRUE(runner_quit());
}

TEST_F(JobRunnerTest, OnlySoManyFilesAreAtTheCodecsAtATime) {
  start(10);
  EXPECT_EQ(codecs->waiting.size(), 3U);
  end(file_outcome::kind::converted);
  EXPECT_EQ(codecs->waiting.size(), 3U);
  for (int i = 0; i < 9; ++i)
    end(file_outcome::kind::converted);
  EXPECT_EQ(job().state, job_state::completed);
}

TEST_F(JobRunnerTest, AJobIsPendingUntilItsFirstFileIsBegun) {
  codecs->busy = true;
  start(2);
  EXPECT_EQ(codecs->waiting.size(), 2U);
  EXPECT_EQ(job().state, job_state::pending);
  self->send(runner, atom::started_v, std::uint32_t{0});
  run();
  EXPECT_EQ(job().state, job_state::processing);
  EXPECT_EQ(job().started, noon);
  EXPECT_EQ(file(0).progress.state, file_state::processing);
  EXPECT_EQ(file(1).progress.state, file_state::pending);
}

TEST_F(JobRunnerTest, AFileThatIsTakenUpAgainIsRecordedWithItsEnd) {
  start(1);
  auto notes = records->noted.size();
  self->send(runner, atom::started_v, std::uint32_t{0}); // it was large, and waited for its like
  run();
  EXPECT_EQ(records->noted.size(), notes);
  end(file_outcome::kind::converted);
  EXPECT_EQ(file(0).started, noon);
}

TEST_F(JobRunnerTest, ForceOvertakesACancelThatWaitsForTheRecord) {
  id = put(1);
  records->jobs.at(id).state = job_state::processing;
  runner = self->spawn<caf::monitored>(job_runner, id, std::nullopt, snapshots, pool, options);
  auto first = self->request(runner, caf::infinite, atom::cancel_v, false);
  auto second = self->request(runner, caf::infinite, atom::cancel_v, true);
  run();
  EXPECT_EQ(receive_answer<job_reply>(first)->why.code, ec::not_cancellable);
  EXPECT_FALSE(receive_answer<job_reply>(second)->why);
  EXPECT_EQ(job().error, ec::cancelled);
}

TEST_F(JobRunnerTest, APendingJobIsCancelledWithoutForce) {
  codecs->busy = true;
  start(2);
  auto reply = ask<job_reply>(runner, atom::cancel_v, false);
  EXPECT_FALSE(reply->why);
  EXPECT_EQ(job().error, ec::cancelled);
  EXPECT_TRUE(runner_quit());
}

TEST_F(JobRunnerTest, AJobWhoseFileIsBegunIsNotCancelledWithoutForce) {
  start(1);
  EXPECT_EQ(ask<job_reply>(runner, atom::cancel_v, false)->why.code, ec::not_cancellable);
  end(file_outcome::kind::converted);
  EXPECT_EQ(job().state, job_state::completed);
}

TEST_F(JobRunnerTest, AFileThatEndsWithoutAStartBeginsItsJobToo) {
  codecs->busy = true;
  start(1);
  end(file_outcome::kind::refused, fail(ec::decode_failed));
  EXPECT_EQ(job().state, job_state::failed);
  EXPECT_EQ(job().started, noon);
}

TEST_F(JobRunnerTest, AStartIsRecordedBeforeTheCodecHasAnswered) {
  start(1);
  EXPECT_EQ(file(0).progress.state, file_state::processing);
  EXPECT_EQ(file(0).started, noon);
}

TEST_F(JobRunnerTest, TheTimesOfAFilesStagesAreRecordedWithItsEnd) {
  start(1);
  auto outcome = outcome_of(file_outcome::kind::converted);
  outcome.result.stages.encode = 7ms;
  outcome.result.store = 2ms;
  self->send(pool, atom::ended_v, outcome);
  run();
  EXPECT_EQ(file(0).started, noon);
  EXPECT_EQ(file(0).result.stages.encode, 7ms);
  EXPECT_EQ(file(0).result.store, 2ms);
}

TEST_F(JobRunnerTest, ACrashIsDurableBeforeTheFileIsTriedAgain) {
  start(1);
  records->saves_to_refuse = 1; // the store has no room
  end(file_outcome::kind::died, fail(ec::decoder_crashed));
  EXPECT_TRUE(codecs->waiting.empty());
  advance(1s);
  advance(rest_after_death);
  EXPECT_EQ(file(0).progress.crashes, 1);
  EXPECT_EQ(codecs->waiting.size(), 1U);
}

TEST_F(JobRunnerTest, AFileThatKillsItsDecoderTwiceFailsAlone) {
  start(2);
  end(file_outcome::kind::died, fail(ec::decoder_crashed));
  end(file_outcome::kind::converted);
  advance(rest_after_death);
  end(file_outcome::kind::died, fail(ec::decoder_crashed));
  EXPECT_TRUE(codecs->waiting.empty());
  EXPECT_EQ(file(0).progress.error, ec::decoder_crashed);
  EXPECT_EQ(job().state, job_state::completed);
  EXPECT_EQ(job().files_failed, 1U);
}

TEST_F(JobRunnerTest, AFileRestsAfterItsDecoderDiedAndTheOthersGoOn) {
  start(4);
  end(file_outcome::kind::died, fail(ec::decoder_crashed));
  EXPECT_EQ(codecs->waiting.size(), 3U);
  for (int i = 0; i < 3; ++i)
    end(file_outcome::kind::converted);
  EXPECT_TRUE(codecs->waiting.empty());
  EXPECT_FALSE(runner_quit());
  advance(rest_after_death);
  end(file_outcome::kind::converted);
  EXPECT_EQ(job().files_completed, 4U);
}

TEST_F(JobRunnerTest, AJobIsCancelledWhileItsFileRests) {
  start(1);
  end(file_outcome::kind::died, fail(ec::decoder_crashed));
  auto reply = ask<job_reply>(runner, atom::cancel_v, true);
  EXPECT_FALSE(reply->why);
  EXPECT_EQ(job().state, job_state::failed);
  EXPECT_TRUE(runner_quit());
}

TEST_F(JobRunnerTest, AnInterruptedFileIsTriedAgain) {
  start(1);
  for (int i = 1; i < interruptions_max; ++i)
    end(file_outcome::kind::interrupted);
  EXPECT_EQ(file(0).progress.crashes, 0);
  end(file_outcome::kind::converted);
  EXPECT_EQ(job().state, job_state::completed);
}

TEST_F(JobRunnerTest, WhatWasPostponedCostsAFileNoneOfItsTries) {
  start(1);
  for (int i = 0; i < 2 * interruptions_max; ++i) {
    end(file_outcome::kind::postponed, fail(ec::storage_full));
    ASSERT_TRUE(codecs->waiting.empty());
    advance(1s);
  }
  EXPECT_EQ(file(0).progress.interruptions, 0);
  end(file_outcome::kind::converted);
  EXPECT_EQ(job().state, job_state::completed);
}

TEST_F(JobRunnerTest, TheCountsOfAJobAreNeverAheadOfItsFiles) {
  start(6);
  records->saves_to_refuse = 1; // the first ending is not durable, and files go on starting
  end(file_outcome::kind::converted);
  end(file_outcome::kind::converted);
  EXPECT_EQ(job().files_completed, 0U);
  advance(1s);
  EXPECT_EQ(job().files_completed, 2U);
}

TEST_F(JobRunnerTest, AJobIsCancelledEvenBeforeItsRecordWasRead) {
  id = put(2);
  runner = self->spawn<caf::monitored>(job_runner, id, std::nullopt, snapshots, pool, options);
  auto reply = ask<job_reply>(runner, atom::cancel_v, true); // nothing has run before this
  ASSERT_TRUE(reply);
  EXPECT_FALSE(reply->why);
  EXPECT_EQ(reply->job.id, id);
  EXPECT_EQ(job().error, ec::cancelled);
  EXPECT_EQ(records->jobs.size(), 1U);
}

TEST_F(JobRunnerTest, AJobThatWasBegunBeforeARestartGoesOnWithoutForce) {
  id = put(1);
  records->jobs.at(id).state = job_state::processing;
  runner = self->spawn<caf::monitored>(job_runner, id, std::nullopt, snapshots, pool, options);
  auto reply = ask<job_reply>(runner, atom::cancel_v, false); // nothing has run before this
  EXPECT_EQ(reply->why.code, ec::not_cancellable);
  end(file_outcome::kind::converted);
  EXPECT_EQ(job().state, job_state::completed);
}

TEST_F(JobRunnerTest, ARefusedFileFailsWithTheImagesReason) {
  start(1);
  end(file_outcome::kind::refused, fail(ec::decode_failed, "The file is cut off."));
  EXPECT_EQ(job().state, job_state::failed);
  EXPECT_EQ(file(0).error_message, "The file is cut off.");
}

TEST_F(JobRunnerTest, FilesThatEndedBeforeARestartAreNotDoneAgain) {
  id = put(3);
  records->files.at({id, 1}) = completed_file(1, noon);
  records->jobs.at(id).state = job_state::processing;
  records->jobs.at(id).files_completed = 1;
  runner = self->spawn<caf::monitored>(job_runner, id, std::nullopt, snapshots, pool, options);
  run();
  EXPECT_EQ(codecs->waiting.size(), 2U);
  end(file_outcome::kind::converted);
  end(file_outcome::kind::converted);
  EXPECT_EQ(job().files_completed, 3U);
  EXPECT_EQ(job().state, job_state::completed);
}

TEST_F(JobRunnerTest, WhatEndsWhileASaveIsOnItsWayGoesIntoTheNextOne) {
  start(3);
  records->saves_to_refuse = 1;
  end(file_outcome::kind::converted);
  end(file_outcome::kind::converted);
  end(file_outcome::kind::converted);
  EXPECT_TRUE(records->saved.empty());
  advance(1s);
  EXPECT_EQ(records->saved.size(), 2U);
  EXPECT_EQ(records->saved[1].files.size(), 2U);
  EXPECT_EQ(job().state, job_state::completed);
}

TEST_F(JobRunnerTest, EveryEndedFileHasAChangeNumberOfItsOwn) {
  start(3);
  for (int i = 0; i < 3; ++i)
    end(file_outcome::kind::converted);
  EXPECT_LT(file(0).change, file(1).change);
  EXPECT_LT(file(1).change, file(2).change);
  EXPECT_EQ(file(2).change, job().change);
}

TEST_F(JobRunnerTest, CancellingStopsTheCodecsAndKeepsWhatHasEnded) {
  start(5);
  end(file_outcome::kind::converted);
  auto reply = ask<job_reply>(runner, atom::cancel_v, true);
  ASSERT_TRUE(reply);
  EXPECT_FALSE(reply->why);
  EXPECT_EQ(codecs->forgotten, std::vector{id});
  EXPECT_EQ(job().state, job_state::failed);
  EXPECT_EQ(job().error, ec::cancelled);
  EXPECT_EQ(job().files_completed, 1U);
  EXPECT_TRUE(runner_quit());
}

TEST_F(JobRunnerTest, DrainingEndsWhatIsAtTheCodecsAndStartsNothing) {
  start(10);
  self->send(runner, atom::drain_v);
  run();
  for (int i = 0; i < 3; ++i)
    end(file_outcome::kind::converted);
  EXPECT_TRUE(codecs->waiting.empty());
  EXPECT_EQ(job().files_completed, 3U);
  EXPECT_EQ(job().state, job_state::processing);
  EXPECT_TRUE(runner_quit());
}

} // namespace
} // namespace convertd
