#include "actors/request_runner.hpp"
#include "actors/supervisor.hpp"
#include "actors/sync_desk.hpp"
#include "tests/actors/actor_test.hpp"
#include "tests/support/temp_dir.hpp"

namespace convertd {
namespace {

using kind = file_outcome::kind;

/// A desk with a real supervisor and real runners behind it; the codecs are the test.
class SyncRequestTest : public ActorTest {
protected:
  void SetUp() override {
    supervisor_options options;
    options.log = [this](const std::string& line) { log.push_back(line); };
    options.request.output_bytes_max = 1'000;
    boss = system.spawn(supervisor, snapshots, pool, pruner_actor{}, gauge, options);
    sync_desk_options at_desk;
    at_desk.files_max = 100;
    at_desk.done = [this](job_id id) { rung.push_back(id); };
    desk.emplace(boss, gauge, at_desk);
  }

  void TearDown() override {
    codecs->waiting.clear();
    stop(boss);
    stop(pool);
    stop(snapshots);
  }

  std::unique_ptr<sync_ticket> begin(std::uint32_t count, account_id account = 1) {
    sync_request what;
    what.id = mint<job_id>(noon);
    what.account = account;
    what.files = pending_files(count);
    what.sources = sources;
    auto out = desk->begin(std::move(what));
    run();
    why = std::holds_alternative<failure>(out) ? std::get<failure>(out).code : ec::none;
    return why == ec::none ? std::get<std::unique_ptr<sync_ticket>>(std::move(out)) : nullptr;
  }

  void end(file_outcome::kind what, ec code = ec::none) {
    end(outcome_of(what, code == ec::none ? failure{} : fail(code)));
  }
  void end(const file_outcome& how) {
    self->send(pool, atom::ended_v, how);
    run();
  }

  temp_dir folder;
  job_files spool{folder.path()};
  std::shared_ptr<const upload> sources = std::make_shared<upload>(spool);
  std::shared_ptr<fake_store> records = std::make_shared<fake_store>();
  std::shared_ptr<fake_codecs> codecs = std::make_shared<fake_codecs>();
  std::shared_ptr<queue_gauge> gauge = std::make_shared<queue_gauge>();
  snapshotter_actor snapshots = system.spawn(fake_snapshotter, records);
  fake_pool_actor pool = system.spawn(fake_pool, codecs);
  supervisor_actor boss;
  std::optional<sync_desk> desk;
  std::vector<job_id> rung;
  std::vector<std::string> log;
  ec why = ec::none;
};

TEST_F(SyncRequestTest, ResultsComeTogetherAndRingOnce) {
  auto ticket = begin(2);
  EXPECT_EQ(codecs->waiting.size(), 2U);
  end(kind::converted);
  EXPECT_TRUE(rung.empty());
  EXPECT_EQ(ticket->take(), nullptr);
  end(kind::refused, ec::decode_failed);
  EXPECT_EQ(rung.size(), 1U);
  auto result = ticket->take();
  ASSERT_TRUE(result);
  EXPECT_FALSE(result->why);
  EXPECT_EQ(result->files.at(0).progress.state, file_state::completed);
  EXPECT_EQ(*result->outputs.at(0).bytes, "output");
  EXPECT_EQ(result->files.at(1).progress.error, ec::decode_failed);
  EXPECT_EQ(ticket->take(), nullptr);
}

TEST_F(SyncRequestTest, NothingIsWrittenToTheStore) {
  auto ticket = begin(3);
  for (int i = 0; i < 3; ++i)
    end(kind::converted);
  EXPECT_TRUE(records->saved.empty() && records->noted.empty() && records->jobs.empty());
}

TEST_F(SyncRequestTest, FilesGoToThePoolAFewAtATime) {
  auto ticket = begin(20);
  EXPECT_EQ(codecs->waiting.size(), files_in_flight_max);
  EXPECT_TRUE(codecs->waiting.front().task->is_sync());
  for (int i = 0; i < 20; ++i)
    end(kind::converted);
  EXPECT_TRUE(ticket->take());
}

TEST_F(SyncRequestTest, AFileWhoseDecoderDiedIsTriedOnceMore) {
  auto ticket = begin(1);
  end(kind::died, ec::decoder_crashed);
  ASSERT_EQ(codecs->waiting.size(), 1U);
  EXPECT_EQ(codecs->waiting.front().task->file.progress.crashes, 1);
  end(kind::converted);
  EXPECT_EQ(ticket->take()->files.at(0).progress.state, file_state::completed);
}

TEST_F(SyncRequestTest, TwoCrashesFailAFile) {
  auto ticket = begin(1);
  end(kind::died, ec::decoder_crashed);
  end(kind::died, ec::decoder_crashed);
  EXPECT_EQ(ticket->take()->files.at(0).progress.error, ec::decoder_crashed);
}

TEST_F(SyncRequestTest, DroppingTheTicketTakesItsFilesOutOfTheQueue) {
  auto ticket = begin(5);
  auto id = codecs->waiting.front().task->job;
  ticket.reset();
  run();
  EXPECT_EQ(codecs->forgotten, std::vector{id});
  EXPECT_TRUE(codecs->waiting.empty());
  EXPECT_TRUE(rung.empty());
  EXPECT_EQ(gauge->sync_files, 0U);
}

TEST_F(SyncRequestTest, DroppingTheTicketOfAnAnsweredRequestForgetsNothing) {
  auto ticket = begin(1);
  end(kind::converted);
  ticket.reset();
  run();
  EXPECT_TRUE(codecs->forgotten.empty());
}

TEST_F(SyncRequestTest, AFullDeskRefusesAndTakesAgainWhenATicketIsDropped) {
  auto first = begin(50, 1);
  auto second = begin(49, 2);
  EXPECT_FALSE(desk->refusal(1));
  EXPECT_FALSE(begin(2, 3));
  EXPECT_EQ(why, ec::queue_full);
  EXPECT_EQ(desk->refusal(2)->code, ec::queue_full);
  first.reset();
  EXPECT_TRUE(begin(2, 3));
}

TEST_F(SyncRequestTest, OneAccountLeavesHalfOfTheDeskToOthers) {
  auto first = begin(50, 1);
  EXPECT_FALSE(begin(1, 1));
  EXPECT_EQ(why, ec::queue_full);
  EXPECT_TRUE(begin(1, 2));
}

TEST_F(SyncRequestTest, MoreFilesThanTheDeskTakesAtAllAreRefusedAsThat) {
  EXPECT_FALSE(begin(51));
  EXPECT_EQ(why, ec::too_many_files);
}

TEST_F(SyncRequestTest, ResultsThatAreTooLargeEndTheRequest) {
  auto ticket = begin(3);
  auto large = outcome_of(kind::converted);
  large.result.size = 600;
  end(large);
  end(large);
  auto result = ticket->take();
  ASSERT_TRUE(result);
  EXPECT_EQ(result->why.code, ec::file_too_large);
  EXPECT_TRUE(result->outputs.empty());
  EXPECT_TRUE(codecs->waiting.empty());
}

TEST_F(SyncRequestTest, AFullDiskEndsTheRequestAtOnce) {
  auto ticket = begin(2);
  end(kind::postponed, ec::storage_full);
  EXPECT_EQ(ticket->take()->why.code, ec::storage_full);
}

TEST_F(SyncRequestTest, WithoutACodecProcessItTriesAgainAfterARest) {
  auto ticket = begin(1);
  end(kind::postponed, ec::interrupted);
  EXPECT_TRUE(codecs->waiting.empty());
  advance(1s);
  ASSERT_EQ(codecs->waiting.size(), 1U);
  EXPECT_EQ(codecs->waiting.front().task->file.progress.interruptions, 0);
  end(kind::converted);
  EXPECT_TRUE(ticket->take());
}

TEST_F(SyncRequestTest, DrainingLetsWhatRunsEndAndRefusesTheRest) {
  auto ticket = begin(1);
  auto drained = begin_request(boss, atom::drain_v);
  auto late = begin(1);
  EXPECT_EQ(late->take()->why.code, ec::shutting_down);
  EXPECT_EQ(codecs->waiting.size(), 1U);
  end(kind::converted);
  EXPECT_EQ(receive_answer<bool>(drained), true);
  EXPECT_FALSE(ticket->take()->why);
}

TEST_F(SyncRequestTest, ARunnerThatFailsFailsItsRequest) {
  auto ticket = begin(1);
  sync_request broken;
  broken.id = mint<job_id>(noon);
  broken.files = pending_files(1);
  broken.files[0].index = 7; // which it has no file for
  broken.sources = sources;
  auto out = desk->begin(std::move(broken));
  run();
  auto result = std::get<std::unique_ptr<sync_ticket>>(out)->take();
  ASSERT_TRUE(result);
  EXPECT_EQ(result->why.code, ec::internal);
  EXPECT_EQ(log.size(), 1U);
  end(kind::converted);
  EXPECT_FALSE(ticket->take()->why);
}

} // namespace
} // namespace convertd
