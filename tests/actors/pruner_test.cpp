#include "actors/pruner.hpp"
#include "actors/snapshotter.hpp"
#include "tests/actors/actor_test.hpp"
#include "tests/support/temp_dir.hpp"

namespace convertd {
namespace {

class PrunerTest : public ActorTest {
protected:
  void SetUp() override {
    snapshots = system.spawn(snapshotter, &in, &files, snapshotter_options{});
  }

  void TearDown() override {
    stop(pruning);
    stop(snapshots);
  }

  void start() {
    pruner_options options;
    options.now = [this] { return now; };
    pruning = system.spawn(pruner, snapshots, &in, &files, options);
    run();
  }

  void let_pass(milliseconds time) {
    now += time;
    advance(61s); // of the actors' own clock: long enough for the next look
  }

  /// A completed job with a source and an output on disk, and one output in the store.
  job_id completed_job(milliseconds retention) {
    auto job = pending_job(now, 2);
    job.sources_inline = false;
    job.state = job_state::processing;
    auto on_disk = completed_file(0, now);
    auto in_store = completed_file(1, now);
    in_store.result.stored_inline = true;
    count_ended(job, on_disk);
    count_ended(job, in_store);
    settle_if_done(job, now, retention);
    files.keep_source(job.id, files.nameless().get());
    files.keep_output(job.id, 0, files.nameless().get());
    files.settle(job.id);
    write_batch batch{in};
    batch.put_file(job.id, on_disk);
    batch.put_file(job.id, in_store);
    batch.put_inline_output(in_store.result.id, "bytes");
    batch.put_job(job);
    batch.commit();
    return job.id;
  }

  temp_dir dir;
  job_files files{dir.path()};
  store in{dir.path() / "store", {.map_bytes = 64 * mib, .sync = true}};
  timestamp now = noon;
  snapshotter_actor snapshots;
  pruner_actor pruning;
};

TEST_F(PrunerTest, FilesAreErasedAtOnceWhenTheirAccountAsks) {
  auto id = completed_job(1h);
  start();
  EXPECT_EQ(ask<failure>(pruning, atom::erase_v, account_id{2}, id)->code, ec::not_found);
  EXPECT_TRUE(files.open_source(id));
  EXPECT_FALSE(*ask<failure>(pruning, atom::erase_v, account_id{1}, id));
  EXPECT_TRUE(read_view{in}.job(id)->erased);
  EXPECT_FALSE(files.open_source(id));
  EXPECT_TRUE(read_view{in}.doomed().empty());
  EXPECT_EQ(read_view{in}.totals(1).output_bytes, 0U);
  EXPECT_FALSE(*ask<failure>(pruning, atom::erase_v, account_id{1}, id)); // as good as done
}

TEST_F(PrunerTest, FilesOfAJobThatIsAtWorkAreNotErased) {
  auto job = pending_job(noon, 1);
  {
    write_batch batch{in};
    batch.put_job(job);
    batch.commit();
  }
  start();
  EXPECT_EQ(ask<failure>(pruning, atom::erase_v, account_id{1}, job.id)->code, ec::not_final);
  EXPECT_EQ(ask<failure>(pruning, atom::erase_v, account_id{1}, mint<job_id>(noon))->code,
            ec::not_found);
}

TEST_F(PrunerTest, IdempotencyKeysAreForgottenAfterADay) {
  {
    write_batch batch{in};
    batch.put_idempotency({1, "key", {}, mint<job_id>(noon), noon});
    batch.commit();
  }
  start();
  let_pass(23h);
  EXPECT_TRUE(read_view{in}.idempotency(1, "key"));
  let_pass(61min);
  EXPECT_FALSE(read_view{in}.idempotency(1, "key"));
}

TEST_F(PrunerTest, WhatIsNotDueStays) {
  auto id = completed_job(1h);
  start();
  let_pass(59min);
  EXPECT_FALSE(read_view{in}.job(id)->erased);
  EXPECT_TRUE(files.open_source(id));
}

TEST_F(PrunerTest, BytesGoAtTheirTimeAndRecordsAfterAsLongAgain) {
  auto id = completed_job(1h);
  auto output = read_view{in}.file(id, 1)->result.id;
  start();
  let_pass(60min);
  {
    read_view view{in};
    EXPECT_TRUE(view.job(id)->erased);
    EXPECT_FALSE(view.inline_output(output));
    EXPECT_TRUE(view.doomed().empty());
    EXPECT_FALSE(files.open_source(id));
    EXPECT_FALSE(files.open_output(id, 0));
  }
  let_pass(59min);
  EXPECT_TRUE(read_view{in}.job(id));
  let_pass(1min);
  read_view view{in};
  EXPECT_FALSE(view.job(id));
  EXPECT_TRUE(view.files(id, 0, 10).empty());
  EXPECT_TRUE(view.due(now + 10'000h, 10).empty());
  EXPECT_EQ(view.totals(1), account_totals{});
}

TEST_F(PrunerTest, RecordsStayAsLongWhenTheAccountErasesAJobThatIsAboutToBe) {
  auto first = completed_job(1h);
  now += 1ms;
  completed_job(1h); // due later, and so erased first
  start();
  now += 60min;
  sched.advance_time(61s); // both are listed before the account's wish is heard
  EXPECT_FALSE(*ask<failure>(pruning, atom::erase_v, account_id{1}, first));
  EXPECT_TRUE(read_view{in}.job(first));
  let_pass(59min);
  EXPECT_TRUE(read_view{in}.job(first));
  let_pass(1min);
  EXPECT_FALSE(read_view{in}.job(first));
}

TEST_F(PrunerTest, ManyJobsThatAreDueAtOnceAllGo) {
  for (int i = 0; i < 150; ++i) // more than are looked up at a time
    completed_job(1h);
  start();
  let_pass(60min);
  EXPECT_TRUE(read_view{in}.due(now, 1'000).empty());
}

TEST_F(PrunerTest, AJobThatIsKeptForEverIsNeverDue) {
  auto id = completed_job(0ms);
  start();
  let_pass(100'000h);
  EXPECT_FALSE(read_view{in}.job(id)->erased);
}

} // namespace
} // namespace convertd
