#include "actors/supervisor.hpp"
#include "tests/actors/actor_test.hpp"

namespace convertd {
namespace {

struct submit_reply {
  job_id id;
  failure why;
};

class SupervisorTest : public ActorTest {
protected:
  void SetUp() override {
    options.queue_files_max = 200;
    options.runner.now = [] { return noon; };
    options.log = [](const std::string&) {};
    auto pruning = system.spawn([this]() -> pruner_actor::behavior_type {
      return {[](atom::erase, account_id, job_id) { return failure{}; },
              [this](atom::forget, job_id id) { removed.push_back(id); }, [](atom::tick) {}};
    });
    boss = system.spawn(supervisor, snapshots, pool, pruning, gauge, options);
  }

  void TearDown() override {
    codecs->waiting.clear();
    stop(boss);
    stop(pool);
    stop(snapshots);
  }

  std::optional<submit_reply> submit(std::uint32_t files, account_id account = 1,
                                     std::uint64_t jobs_max = 0,
                                     job_priority priority = job_priority::normal) {
    submission x;
    x.spec.priority = priority;
    x.job = pending_job(noon, files, account);
    x.files = pending_files(files);
    x.account_jobs_max = jobs_max;
    return submit(std::move(x));
  }

  std::optional<submit_reply> submit(submission x) {
    auto id = x.job.id;
    std::optional<submit_reply> reply;
    auto order = std::make_shared<submit_order>();
    order->what = std::move(x);
    order->settled = [&](const failure& why) { reply = submit_reply{id, why}; };
    self->send(boss, atom::submit_v, submit_order_ptr{order});
    run();
    return reply;
  }

  void end_all() {
    while (!codecs->waiting.empty()) {
      self->send(pool, atom::ended_v, outcome_of(file_outcome::kind::converted));
      run();
    }
  }

  std::shared_ptr<fake_store> records = std::make_shared<fake_store>();
  std::shared_ptr<fake_codecs> codecs = std::make_shared<fake_codecs>();
  std::shared_ptr<queue_gauge> gauge = std::make_shared<queue_gauge>();
  std::vector<job_id> removed; ///< Folders.
  snapshotter_actor snapshots = system.spawn(fake_snapshotter, records);
  fake_pool_actor pool = system.spawn(fake_pool, codecs);
  supervisor_options options;
  supervisor_actor boss;
};

TEST_F(SupervisorTest, AJobThatStartsAsItIsMadeIsNotReadAgain) {
  auto job = submit(2);
  EXPECT_EQ(records->loads, 0);
  end_all();
  EXPECT_EQ(records->loads, 0);
  EXPECT_EQ(records->jobs.at(job->id).state, job_state::completed);
  EXPECT_EQ(records->jobs.at(job->id).files_completed, 2U);
}

TEST_F(SupervisorTest, TheRunnerOfALargeNewJobReadsWhatItWasNotGiven) {
  auto job = submit(150);
  end_all();
  EXPECT_EQ(records->loads, 2) << "files 64 to 127, and the rest";
  EXPECT_EQ(records->jobs.at(job->id).files_completed, 150U);
}

TEST_F(SupervisorTest, ASubmittedJobRunsToItsEnd) {
  auto reply = submit(2);
  ASSERT_TRUE(reply);
  EXPECT_FALSE(reply->why);
  EXPECT_EQ(gauge->files, 2U);
  end_all();
  EXPECT_EQ(records->jobs.at(reply->id).state, job_state::completed);
  EXPECT_EQ(gauge->files, 0U);
}

TEST_F(SupervisorTest, AFullQueueRefusesAndTakesAgainWhenItHasRoom) {
  EXPECT_FALSE(submit(200)->why);
  EXPECT_EQ(submit(1)->why.code, ec::queue_full);
  end_all();
  EXPECT_FALSE(submit(1)->why);
}

TEST_F(SupervisorTest, JobsOverThePlansNumberStayPending) {
  auto first = submit(1, 1, 1);
  auto second = submit(1, 1, 1);
  EXPECT_EQ(records->jobs.at(first->id).state, job_state::processing);
  EXPECT_EQ(records->jobs.at(second->id).state, job_state::pending);
  auto other = submit(1, 2, 1);
  EXPECT_EQ(records->jobs.at(other->id).state, job_state::processing);
  end_all();
  EXPECT_EQ(records->jobs.at(second->id).state, job_state::completed);
}

TEST_F(SupervisorTest, APlanMayAllowMoreJobsThanTheServerDoesByItself) {
  for (std::size_t i = 0; i < jobs_in_flight_max + 10; ++i)
    submit(1, 1, 200);
  EXPECT_EQ(ask<server_figures>(boss, atom::look_v)->jobs_processing, jobs_in_flight_max + 10);
  for (std::size_t i = 0; i < jobs_in_flight_max + 10; ++i)
    submit(1, 2, 0);
  auto figures = ask<server_figures>(boss, atom::look_v);
  EXPECT_EQ(figures->jobs_processing, 2 * jobs_in_flight_max + 10);
  EXPECT_EQ(figures->jobs_pending, 10U);
}

TEST_F(SupervisorTest, FiguresSayWhatIsQueued) {
  submit(3, 1, 1);
  submit(2, 1, 1);
  auto figures = ask<server_figures>(boss, atom::look_v);
  ASSERT_TRUE(figures);
  EXPECT_EQ(figures->queue_files, 5U);
  EXPECT_EQ(figures->queue_bytes, 500U);
  EXPECT_EQ(figures->jobs_processing, 1U);
  EXPECT_EQ(figures->jobs_pending, 1U);
  EXPECT_EQ(figures->pool.codecs.size(), 1U);
  end_all();
  EXPECT_EQ(ask<server_figures>(boss, atom::look_v)->queue_bytes, 0U);
}

TEST_F(SupervisorTest, CountsOfRequestsAreWrittenTogether) {
  for (int i = 0; i < 5; ++i)
    self->send(boss, atom::count_v, account_id{1}, month_number{202611});
  run();
  EXPECT_EQ(records->writes, 0);
  advance(1s);
  EXPECT_EQ(records->writes, 1);
  self->send(boss, atom::count_v, account_id{1}, month_number{202611});
  run();
  EXPECT_TRUE(ask<bool>(boss, atom::drain_v)); // does not wait for the second to be over
  EXPECT_EQ(records->writes, 2);
}

TEST_F(SupervisorTest, APendingJobIsCancelledWithoutForce) {
  submit(1, 1, 1);
  auto waiting = submit(1, 1, 1);
  auto reply = ask<job_reply>(boss, atom::cancel_v, account_id{1}, waiting->id, false);
  EXPECT_FALSE(reply->why);
  EXPECT_EQ(records->jobs.at(waiting->id).error, ec::cancelled);
  EXPECT_EQ(gauge->files, 1U);
  end_all();
  EXPECT_EQ(records->jobs.at(waiting->id).state, job_state::failed);
}

TEST_F(SupervisorTest, AProcessingJobIsCancelledWithForceOnly) {
  auto job = submit(3);
  EXPECT_EQ(ask<job_reply>(boss, atom::cancel_v, account_id{1}, job->id, false)->why.code,
            ec::not_cancellable);
  EXPECT_FALSE(ask<job_reply>(boss, atom::cancel_v, account_id{1}, job->id, true)->why);
  EXPECT_EQ(records->jobs.at(job->id).state, job_state::failed);
  EXPECT_EQ(ask<job_reply>(boss, atom::cancel_v, account_id{1}, job->id, true)->why.code,
            ec::not_cancellable);
  EXPECT_EQ(gauge->files, 0U);
}

TEST_F(SupervisorTest, TheSuccessorOfARunnerStartsAfterWhatThatHadWritten) {
  auto id = submit(1)->id;
  using actor_type = std::remove_pointer_t<supervisor_state::pointer>;
  auto& state = dynamic_cast<actor_type&>(*caf::actor_cast<caf::abstract_actor*>(boss)).state;
  caf::anon_send_exit(state.running.at(id).runner, caf::exit_reason::kill);
  run();
  EXPECT_EQ(records->writes, 1); // everything before it is durable when it is answered
  EXPECT_EQ(codecs->forgotten, std::vector{id});
  EXPECT_EQ(codecs->waiting.size(), 1U);
  end_all();
  EXPECT_EQ(records->jobs.at(id).state, job_state::completed);
}

TEST_F(SupervisorTest, AJobThatWasProcessingBeforeARestartIsCancelledWithForceOnly) {
  submit(1, 1, 1); // has the account's only place
  auto job = pending_job(noon, 1);
  job.state = job_state::processing;
  records->put(job, pending_files(1));
  self->send(boss, atom::resume_v, waiting_job{job.id, job.account, 1, 1});
  run();
  EXPECT_EQ(ask<job_reply>(boss, atom::cancel_v, account_id{1}, job.id, false)->why.code,
            ec::not_cancellable);
  EXPECT_FALSE(ask<job_reply>(boss, atom::cancel_v, account_id{1}, job.id, true)->why);
  EXPECT_EQ(records->jobs.at(job.id).error, ec::cancelled);
  EXPECT_EQ(gauge->files, 1U);
}

TEST_F(SupervisorTest, AJobThatCouldNotBeCancelledGoesOn) {
  submit(1, 1, 1);
  auto job = pending_job(noon, 1);
  job.state = job_state::processing;
  records->put(job, pending_files(1));
  self->send(boss, atom::resume_v, waiting_job{job.id, job.account, 1, 1});
  run();
  ask<job_reply>(boss, atom::cancel_v, account_id{1}, job.id, false);
  end_all();
  EXPECT_EQ(records->jobs.at(job.id).state, job_state::completed);
}

TEST_F(SupervisorTest, AnUrgentJobOvertakesItsAccountsOthers) {
  submit(1, 1, 1);
  auto normal = submit(1, 1, 1);
  auto urgent = submit(1, 1, 1, job_priority::high);
  self->send(pool, atom::ended_v, outcome_of(file_outcome::kind::converted));
  run();
  EXPECT_EQ(records->jobs.at(normal->id).state, job_state::pending);
  EXPECT_EQ(records->jobs.at(urgent->id).state, job_state::processing);
  EXPECT_EQ(codecs->waiting.front().task->priority, job_priority::high);
}

TEST_F(SupervisorTest, FoldersOfRefusedJobsAreRemoved) {
  submission on_disk;
  on_disk.job = pending_job(noon, 201);
  on_disk.job.sources_inline = false;
  EXPECT_EQ(submit(on_disk)->why.code, ec::queue_full);
  EXPECT_EQ(removed, std::vector{on_disk.job.id});
  EXPECT_EQ(submit(201)->why.code, ec::queue_full);
  EXPECT_EQ(removed.size(), 1U); // the other had none
}

TEST_F(SupervisorTest, AnotherAccountsJobIsNotFoundAndGoesOn) {
  auto runs = submit(1, 1, 1);
  auto waits = submit(1, 1, 1);
  for (const auto& job : {runs, waits})
    EXPECT_EQ(ask<job_reply>(boss, atom::cancel_v, account_id{2}, job->id, true)->why.code,
              ec::not_found);
  end_all();
  EXPECT_EQ(records->jobs.at(waits->id).state, job_state::completed);
}

TEST_F(SupervisorTest, DrainingAnswersWhenNoRunnerIsLeft) {
  submit(10);
  auto pending = self->request(boss, caf::infinite, atom::drain_v);
  run();
  EXPECT_EQ(submit(1)->why.code, ec::shutting_down);
  EXPECT_FALSE(codecs->waiting.empty());
  end_all();
  EXPECT_EQ(receive_answer<bool>(pending), true);
}

TEST_F(SupervisorTest, ARecoveredJobGoesOn) {
  auto job = pending_job(noon, 1);
  records->put(job, pending_files(1));
  self->send(boss, atom::resume_v, waiting_job{job.id, job.account, 1, 0});
  run();
  end_all();
  EXPECT_EQ(records->jobs.at(job.id).state, job_state::completed);
}

} // namespace
} // namespace convertd
