#include "actors/snapshotter.hpp"
#include "tests/actors/actor_test.hpp"
#include "tests/support/temp_dir.hpp"

namespace convertd {
namespace {

class SnapshotterTest : public ActorTest {
protected:
  void SetUp() override {
    actor = start(0ms);
  }

  snapshotter_actor start(std::chrono::milliseconds patience,
                          std::chrono::milliseconds spacing = 0ms, int spacing_of_commit = 0) {
    snapshotter_options options;
    options.patience = patience;
    options.spacing_of_request = spacing;
    options.spacing_max = 4 * spacing;
    options.spacing_of_commit = spacing_of_commit;
    options.committed = [this](std::span<const job_change> jobs) {
      commits.emplace_back(jobs.begin(), jobs.end());
    };
    options.fatal = [this](const std::string& why) { fatal = why; };
    return system.spawn(snapshotter, &in, &files, options);
  }

  void TearDown() override {
    stop(actor);
  }

  submission_ptr new_job(std::uint32_t count) {
    auto x = std::make_shared<submission>();
    x->job = pending_job(noon, count);
    x->job.state = job_state::uploading;
    x->files = pending_files(count);
    x->sources = std::make_shared<upload>(files);
    x->sources->append(std::string(100, 's'));
    return x;
  }

  temp_dir dir;
  job_files files{dir.path()};
  store in{dir.path() / "store", {.map_bytes = 64 * mib, .sync = true}};
  std::vector<std::vector<job_change>> commits;
  std::string fatal;
  snapshotter_actor actor;
};

TEST_F(SnapshotterTest, AnAnsweredJobIsInTheStore) {
  auto job = new_job(3);
  EXPECT_FALSE(*ask<failure>(actor, atom::put_v, job));
  read_view view{in};
  EXPECT_EQ(view.job(job->job.id)->state, job_state::pending);
  EXPECT_EQ(view.files(job->job.id, 0, 10).size(), 3U);
  EXPECT_EQ(view.inline_sources(job->job.id)->size(), 100U);
}

TEST_F(SnapshotterTest, TheMoreACommitWasOfTheLaterIsTheNext) {
  stop(actor);
  actor = start(0ms, 2ms);
  auto put = [this](int times) {
    for (int i = 0; i < times; ++i)
      self->send(actor, atom::put_v, new_job(1));
    run();
  };
  put(3);
  EXPECT_EQ(commits.size(), 1U) << "the first waits for nobody";
  put(1);
  put(5);
  sched.advance_time(5ms);
  run();
  EXPECT_EQ(commits.size(), 1U);
  sched.advance_time(1ms);
  run();
  ASSERT_EQ(commits.size(), 2U);
  EXPECT_EQ(commits[1].size(), 6U);
  put(1);
  sched.advance_time(8ms);
  run();
  EXPECT_EQ(commits.size(), 3U) << "at most four times two";
  sched.advance_time(2ms);
  put(1);
  EXPECT_EQ(commits.size(), 4U);
}

TEST_F(SnapshotterTest, TheDistanceIsBoundByWhatTheLastCommitTook) {
  stop(actor);
  actor = start(0ms, 24h, 4);
  for (auto i = 0; i < 3; ++i) {
    self->send(actor, atom::put_v, new_job(1));
    run();
    advance(1h); // a commit of one job takes less than a quarter of that
  }
  EXPECT_EQ(commits.size(), 3U);
}

/// The server died when an output had its name and no record had been committed since the job's
/// own.
TEST_F(SnapshotterTest, OutputsGoWhenAPendingJobIsTakenUp) {
  auto job = pending_job(noon, 2);
  job.sources_inline = false;
  {
    write_batch batch{in};
    batch.put_job(job);
    batch.commit();
  }
  for (std::uint32_t index : {0, 1})
    files.keep_output(job.id, index, files.nameless().get());
  ASSERT_EQ(files.live_outputs(job.id).size(), 2U);
  EXPECT_FALSE(ask<job_reply>(actor, atom::load_v, job.id)->why);
  EXPECT_TRUE(files.live_outputs(job.id).empty());
}

TEST_F(SnapshotterTest, OutputsOfAJobThatHasBegunStay) {
  auto job = pending_job(noon, 1);
  job.state = job_state::processing;
  job.sources_inline = false;
  {
    write_batch batch{in};
    batch.put_job(job);
    batch.commit();
  }
  files.keep_output(job.id, 0, files.nameless().get());
  EXPECT_FALSE(ask<job_reply>(actor, atom::load_v, job.id)->why);
  EXPECT_EQ(files.live_outputs(job.id).size(), 1U);
}

TEST_F(SnapshotterTest, TheFolderOfAFinalJobIsMoved) {
  auto made = new_job(1);
  self->send(actor, atom::put_v, made);
  run();
  auto output = files.nameless();
  files.keep_output(made->job.id, 0, output.get());
  auto update = std::make_shared<job_update>();
  update->job = made->job;
  update->job.state = job_state::completed;
  update->files.push_back(completed_file(0, noon));
  update->folder_touched = true;
  ASSERT_EQ(files.live_folders().size(), 1U);
  self->send(actor, atom::note_v, job_update_ptr{update});
  run();
  EXPECT_TRUE(files.live_folders().empty());
}

TEST_F(SnapshotterTest, AStepThatHasWaitedLongEnoughKeepsTheDistanceToo) {
  stop(actor);
  actor = start(1ms, 2ms);
  for (int i = 0; i < 3; ++i)
    self->send(actor, atom::put_v, new_job(1));
  run();
  ASSERT_EQ(commits.size(), 1U); // the next is due in 6 ms
  auto update = std::make_shared<job_update>();
  update->job = pending_job(noon, 1);
  update->job.state = job_state::processing;
  self->send(actor, atom::note_v, job_update_ptr{update});
  run();
  advance(5ms);
  EXPECT_EQ(commits.size(), 1U);
  advance(1ms);
  EXPECT_EQ(commits.size(), 2U);
}

TEST_F(SnapshotterTest, WhatWaitsForItsCommitIsWrittenBeforeAStop) {
  stop(actor);
  actor = start(0ms, 2ms);
  self->send(actor, atom::put_v, new_job(1));
  run();
  self->send(actor, atom::put_v, new_job(1));
  run();
  ASSERT_EQ(commits.size(), 1U);
  stop(actor);
  EXPECT_EQ(commits.size(), 2U);
}

TEST_F(SnapshotterTest, AJobAndItsIdempotencyKeyAreCommittedTogether) {
  auto job = std::make_shared<submission>(*new_job(1));
  job->idempotency = idempotency_record{1, "key", {}, job->job.id, noon};
  EXPECT_FALSE(*ask<failure>(actor, atom::put_v, submission_ptr{job}));
  EXPECT_EQ(read_view{in}.idempotency(1, "key")->job, job->job.id);
}

TEST_F(SnapshotterTest, WhatWaitsInTheMailboxSharesOneCommit) {
  for (int i = 0; i < 3; ++i)
    self->request(actor, caf::infinite, atom::put_v, new_job(1));
  run();
  ASSERT_EQ(commits.size(), 1U);
  EXPECT_EQ(commits[0].size(), 3U);
}

TEST_F(SnapshotterTest, AStepInTheMiddleOfAJobWaitsForOthersAndHoldsUpNobody) {
  auto patient = start(4ms, 2ms);
  auto step = [&](job_state state) {
    auto update = std::make_shared<job_update>();
    update->job = pending_job(noon, 1);
    update->job.state = state;
    self->request(patient, caf::infinite, atom::save_v, job_update_ptr{update});
    run();
  };
  step(job_state::processing);
  step(job_state::processing);
  EXPECT_EQ(commits.size(), 0U);
  advance(4ms);
  ASSERT_EQ(commits.size(), 1U);
  EXPECT_EQ(commits[0].size(), 2U);

  step(job_state::processing);
  step(job_state::completed);
  ASSERT_EQ(commits.size(), 2U) << "a job that has ended does not wait";
  EXPECT_EQ(commits[1].size(), 2U);
  advance(4ms);
  EXPECT_EQ(commits.size(), 2U);
  stop(patient);
}

TEST_F(SnapshotterTest, PatienceThatEndsAmongRequestsSplitsNoCommit) {
  auto patient = start(4ms);
  auto update = std::make_shared<job_update>();
  update->job = pending_job(noon, 1);
  update->job.state = job_state::processing;
  self->send(patient, atom::note_v, job_update_ptr{update});
  run();
  self->request(patient, caf::infinite, atom::put_v, new_job(1));
  sched.advance_time(4ms); // its message is behind that request now
  self->request(patient, caf::infinite, atom::put_v, new_job(1));
  run();
  ASSERT_EQ(commits.size(), 1U);
  EXPECT_EQ(commits[0].size(), 3U);
  stop(patient);
}

TEST_F(SnapshotterTest, AJobAboveTheSizeOfACommitIsWrittenInSeveral) {
  auto job = new_job(40'000); // about 6 MB of records
  EXPECT_FALSE(*ask<failure>(actor, atom::put_v, job));
  EXPECT_EQ(read_view{in}.job(job->job.id)->state, job_state::pending);
  EXPECT_EQ(read_view{in}.files(job->job.id, 39'999, 10).size(), 1U);
}

TEST_F(SnapshotterTest, AFullStoreRefusesAndWritesAgainLater) {
  temp_dir other;
  store tiny{other.path() / "store", {.map_bytes = 256 * kib, .sync = true}};
  snapshotter_options options;
  options.fatal = [this](const std::string& why) { fatal = why; };
  auto small = system.spawn(snapshotter, &tiny, &files, options);
  EXPECT_EQ(ask<failure>(small, atom::put_v, new_job(5'000))->code, ec::storage_full);
  EXPECT_FALSE(*ask<failure>(small, atom::put_v, new_job(1)));
  EXPECT_EQ(fatal, "");
}

TEST_F(SnapshotterTest, ALargeJobThatFindsNoRoomLeavesNothingAndSparesTheOthers) {
  temp_dir other;
  store tiny{other.path() / "store", {.map_bytes = 8 * mib, .sync = true}};
  snapshotter_options options;
  options.fatal = [this](const std::string& why) { fatal = why; };
  auto small = system.spawn(snapshotter, &tiny, &files, options);
  auto large = new_job(60'000);
  auto a = self->request(small, caf::infinite, atom::put_v, new_job(1));
  auto b = self->request(small, caf::infinite, atom::put_v, large);
  auto c = self->request(small, caf::infinite, atom::put_v, new_job(1));
  run();
  EXPECT_FALSE(*receive_answer<failure>(a));
  EXPECT_EQ(receive_answer<failure>(b)->code, ec::storage_full);
  EXPECT_FALSE(*receive_answer<failure>(c));
  EXPECT_FALSE(read_view{tiny}.job(large->job.id));
  EXPECT_TRUE(read_view{tiny}.files(large->job.id, 0, 10).empty());
  EXPECT_EQ(fatal, "");
  stop(small);
}

TEST_F(SnapshotterTest, UploadsThatTogetherPassThePlansStorageAreRefused) {
  auto first = std::make_shared<submission>(*new_job(1)); // 100 bytes each
  auto second = std::make_shared<submission>(*new_job(1));
  first->account_storage_max = 150;
  second->account_storage_max = 150;
  auto a = self->request(actor, caf::infinite, atom::put_v, submission_ptr{first});
  auto b = self->request(actor, caf::infinite, atom::put_v, submission_ptr{second});
  run();
  EXPECT_FALSE(*receive_answer<failure>(a));
  EXPECT_EQ(receive_answer<failure>(b)->code, ec::storage_limit);
  EXPECT_FALSE(read_view{in}.job(second->job.id));
}

TEST_F(SnapshotterTest, ARequestCountsInItsMonthOnlyIfItsJobIsMade) {
  auto made = std::make_shared<submission>(*new_job(1));
  auto refused = std::make_shared<submission>(*new_job(1));
  made->counts_in = refused->counts_in = 202611;
  refused->account_storage_max = 150;
  EXPECT_FALSE(*ask<failure>(actor, atom::put_v, submission_ptr{made}));
  EXPECT_EQ(ask<failure>(actor, atom::put_v, submission_ptr{refused})->code, ec::storage_limit);
  EXPECT_EQ(read_view{in}.requests(made->job.account, 202611), 1U);
  EXPECT_EQ(read_view{in}.requests(made->job.account, 202612), 0U);
}

TEST_F(SnapshotterTest, AFunctionThatRefusesDoesNotStopTheOthersOfItsCommit) {
  auto refusing = std::make_shared<const std::function<void(write_batch&)>>(
    [](write_batch&) { throw write_refused{fail(ec::not_final)}; });
  auto a = self->request(actor, caf::infinite, atom::write_v, write_function{refusing});
  auto job = new_job(1);
  auto b = self->request(actor, caf::infinite, atom::put_v, job);
  run();
  EXPECT_EQ(receive_answer<failure>(a)->code, ec::not_final);
  EXPECT_FALSE(*receive_answer<failure>(b));
  EXPECT_TRUE(read_view{in}.job(job->job.id));
}

TEST_F(SnapshotterTest, AfterAFailedSyncNobodyIsAnswered) {
  auto update = std::make_shared<job_update>();
  update->job = pending_job(noon, 1);
  update->folder_touched = true; // a folder that is not there: the sync fails
  self->send(actor, atom::note_v, job_update_ptr{update});
  run();
  EXPECT_NE(fatal, "");
  auto job = new_job(1);
  self->request(actor, caf::infinite, atom::put_v, job);
  run();
  EXPECT_FALSE(read_view{in}.job(job->job.id));
  EXPECT_TRUE(commits.empty());
}

TEST_F(SnapshotterTest, AFunctionThatRefusesDoesNotSpoilTheCommit) {
  auto refuse = std::make_shared<const std::function<void(write_batch&)>>(
    [](write_batch&) { throw std::invalid_argument{"taken"}; });
  auto a = self->request(actor, caf::infinite, atom::put_v, new_job(1));
  auto b = self->request(actor, caf::infinite, atom::write_v, write_function{refuse});
  run();
  EXPECT_FALSE(*receive_answer<failure>(a));
  EXPECT_EQ(receive_answer<failure>(b)->message, "taken");
}

} // namespace
} // namespace convertd
