#include "actors/pruner.hpp"
#include "actors/snapshotter.hpp"
#include "tests/actors/actor_test.hpp"
#include "tests/support/damage.hpp"
#include "tests/support/temp_dir.hpp"

#include <optional>

namespace convertd {
namespace {

class PrunerTest : public ActorTest {
protected:
  struct commit_counter : observer {
    int commits = 0;
    void committed(std::size_t, std::chrono::microseconds) override {
      ++commits;
    }
  };

  void SetUp() override {
    write_through();
  }

  void write_through() {
    snapshotter_options options;
    options.watching = &watching;
    snapshots = system.spawn(snapshotter, &*opened, &files, options);
  }

  /// Flips a bit of each place in the store where `text` stands.
  void damage(std::string_view text) {
    stop(snapshots);
    opened.reset();
    ASSERT_GT(flip_bit_in(dir.path() / "store" / "data.mdb", text), 0);
    opened.emplace(dir.path() / "store", store_options{.map_bytes = 64 * mib, .sync = true});
    write_through();
  }

  void TearDown() override {
    stop(pruning);
    stop(snapshots);
  }

  void start() {
    pruner_options options;
    options.now = [this] { return now; };
    pruning = system.spawn(pruner, snapshots, &*opened, &files, options);
    run();
  }

  void let_pass(milliseconds time) {
    now += time;
    advance(61s); // of the actors' own clock: long enough for the next look
  }

  /// A completed job with a source and an output on disk, and one output in the store.
  job_id completed_job(milliseconds retention, std::string_view name = "picture0.png") {
    auto job = pending_job(now, 2);
    job.sources_inline = false;
    job.state = job_state::processing;
    auto on_disk = completed_file(0, now);
    on_disk.source_name = name;
    auto in_store = completed_file(1, now);
    in_store.result.stored_inline = true;
    count_ended(job, on_disk);
    count_ended(job, in_store);
    settle_if_done(job, now, retention);
    files.keep_source(job.id, files.nameless().get());
    files.keep_output(job.id, 0, files.nameless().get());
    files.settle(job.id);
    write_batch batch{*opened};
    batch.put_file(job.id, on_disk);
    batch.put_file(job.id, in_store);
    batch.put_inline_output(in_store.result.id, "bytes");
    batch.put_job(job);
    batch.commit();
    return job.id;
  }

  temp_dir dir;
  job_files files{dir.path()};
  commit_counter watching;
  std::optional<store> opened{std::in_place, dir.path() / "store",
                              store_options{.map_bytes = 64 * mib, .sync = true}};
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
  EXPECT_TRUE(read_view{*opened}.job(id)->erased);
  EXPECT_FALSE(files.open_source(id));
  EXPECT_TRUE(read_view{*opened}.doomed().empty());
  EXPECT_EQ(read_view{*opened}.totals(1).output_bytes, 0U);
  EXPECT_FALSE(*ask<failure>(pruning, atom::erase_v, account_id{1}, id)); // as good as done
}

TEST_F(PrunerTest, TheFolderOfARefusedJobIsRemoved) {
  auto id = mint<job_id>(noon);
  files.keep_source(id, files.nameless().get());
  start();
  self->send(pruning, atom::forget_v, id);
  run();
  EXPECT_FALSE(files.open_source(id));
  EXPECT_TRUE(files.live_folders().empty());
}

TEST_F(PrunerTest, FilesOfAJobThatIsAtWorkAreNotErased) {
  auto job = pending_job(noon, 1);
  {
    write_batch batch{*opened};
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
    write_batch batch{*opened};
    batch.put_idempotency({1, "key", {}, mint<job_id>(noon), noon});
    batch.commit();
  }
  start();
  let_pass(23h);
  EXPECT_TRUE(read_view{*opened}.idempotency(1, "key"));
  let_pass(61min);
  EXPECT_FALSE(read_view{*opened}.idempotency(1, "key"));
}

TEST_F(PrunerTest, WhatIsNotDueStays) {
  auto id = completed_job(1h);
  start();
  let_pass(59min);
  EXPECT_FALSE(read_view{*opened}.job(id)->erased);
  EXPECT_TRUE(files.open_source(id));
}

TEST_F(PrunerTest, BytesGoAtTheirTimeAndRecordsAfterAsLongAgain) {
  auto id = completed_job(1h);
  auto output = read_view{*opened}.file(id, 1)->result.id;
  start();
  let_pass(60min);
  {
    read_view view{*opened};
    EXPECT_TRUE(view.job(id)->erased);
    EXPECT_FALSE(view.inline_output(output));
    EXPECT_TRUE(view.doomed().empty());
    EXPECT_FALSE(files.open_source(id));
    EXPECT_FALSE(files.open_output(id, 0));
  }
  let_pass(59min);
  EXPECT_TRUE(read_view{*opened}.job(id));
  let_pass(1min);
  read_view view{*opened};
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
  EXPECT_TRUE(read_view{*opened}.job(first));
  let_pass(59min);
  EXPECT_TRUE(read_view{*opened}.job(first));
  let_pass(1min);
  EXPECT_FALSE(read_view{*opened}.job(first));
}

TEST_F(PrunerTest, ManyJobsThatAreDueAtOnceAllGo) {
  for (int i = 0; i < 150; ++i) // more than are looked up at a time
    completed_job(1h);
  start();
  let_pass(60min);
  EXPECT_TRUE(read_view{*opened}.due(now, 1'000).empty());
}

TEST_F(PrunerTest, JobsThatAreDueTogetherShareTheirCommits) {
  for (int i = 0; i < 150; ++i)
    completed_job(1h);
  start();
  watching.commits = 0;
  let_pass(60min);
  EXPECT_EQ(watching.commits, 6); // three groups: doomed, and their folders gone
  let_pass(60min);
  EXPECT_EQ(watching.commits, 12);
  EXPECT_EQ(read_view{*opened}.totals(1), account_totals{});
}

TEST_F(PrunerTest, AJobOfMoreRecordsThanACommitTakesGoesInParts) {
  auto job = pending_job(now, 2'500);
  job.state = job_state::completed;
  job.erased = true;
  job.completed = now;
  job.expires = now + 1ms;
  {
    write_batch batch{*opened};
    for (const auto& file : pending_files(2'500))
      batch.put_file(job.id, file);
    batch.put_job(job);
    batch.commit();
  }
  now += 2ms;
  start();
  EXPECT_FALSE(read_view{*opened}.job(job.id));
  EXPECT_TRUE(read_view{*opened}.files(job.id, 0, 1).empty());
  EXPECT_EQ(watching.commits, 4); // 1,000, 1,000, 500 records, and its folder gone
}

TEST_F(PrunerTest, AJobWhoseRecordIsDamagedStaysAndTheOthersGo) {
  auto before = completed_job(1h);
  auto damaged = completed_job(1h, "the damaged one");
  auto after = completed_job(1h);
  damage("the damaged one");
  start();
  let_pass(60min);
  EXPECT_TRUE(read_view{*opened}.job(before)->erased);
  EXPECT_FALSE(read_view{*opened}.job(damaged)->erased);
  EXPECT_TRUE(read_view{*opened}.job(after)->erased);
}

TEST_F(PrunerTest, AJobThatIsKeptForEverIsNeverDue) {
  auto id = completed_job(0ms);
  start();
  let_pass(100'000h);
  EXPECT_FALSE(read_view{*opened}.job(id)->erased);
}

} // namespace
} // namespace convertd
