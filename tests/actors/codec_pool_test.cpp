#include "actors/codec_pool.hpp"
#include "tests/actors/actor_test.hpp"
#include "tests/support/temp_dir.hpp"

namespace convertd {
namespace {

/// What the fake workers do, and what they were asked.
struct fake_workers {
  std::map<std::uint64_t, image_header> headers; ///< By the length of the source.
  std::deque<std::pair<caf::actor_addr, file_task_ptr>> converting;
  std::vector<std::uint64_t> granted;
  std::vector<codec_worker_actor> made;
  int skipped = 0;
  bool throws = false;
};

using fake_worker_actor = codec_worker_actor::extend<
  // Ends the file that is being converted.
  caf::reacts_to<atom::ended, file_outcome>>;

struct fake_worker_state {
  file_task_ptr task;
  caf::typed_response_promise<file_outcome> reply;
};

fake_worker_actor::behavior_type
fake_worker(fake_worker_actor::stateful_pointer<fake_worker_state> self,
            std::shared_ptr<fake_workers> all) {
  return {
    [self, all](atom::probe, const file_task_ptr& task) {
      probe_outcome x;
      auto found = all->headers.find(task->file.length);
      x.readable = found != all->headers.end();
      x.otherwise = outcome_of(file_outcome::kind::refused, fail(ec::unsupported_input));
      if (x.readable)
        x.header = found->second;
      self->state.task = task;
      return x;
    },
    [self, all](atom::convert, std::uint64_t memory) -> caf::result<file_outcome> {
      if (all->throws)
        throw std::runtime_error{"a bug"};
      all->granted.push_back(memory);
      self->state.reply = self->make_response_promise<file_outcome>();
      all->converting.emplace_back(self->address(), self->state.task);
      return self->state.reply;
    },
    [all](atom::skip) { ++all->skipped; },
    [](atom::tick) {},
    [self](atom::ended, const file_outcome& how) { self->state.reply.deliver(how); },
  };
}

class CodecPoolTest : public ActorTest {
protected:
  void SetUp() override {
    workers->headers[100] = {image_format::png, 1'000, 1'000, 1, 8, false, 1};
    workers->headers[200] = {image_format::png, 5'000, 5'000, 1, 8, false, 1};
    workers->headers[300] = {image_format::png, 50'000, 50'000, 1, 8, false, 1};
    codec_pool_options options;
    options.workers = 2;
    options.memory_total =
      codec_working_set(codec_memory(25'000'000)) + codec_working_set(codec_memory(1'000'000));
    options.make_worker = [this]() -> codec_worker_actor {
      workers->made.push_back(system.spawn(fake_worker, workers));
      return workers->made.back();
    };
    pool = system.spawn(codec_pool, options);
  }

  void TearDown() override {
    stop(pool);
    for (const auto& worker : std::exchange(workers->made, {}))
      stop(worker);
    workers->converting.clear();
  }

  auto begin(std::uint64_t length, account_id account = 1, std::uint8_t interruptions = 0) {
    auto task = std::make_shared<file_task>();
    task->job = job;
    task->account = account;
    task->file = pending_file(0);
    task->file.length = length;
    task->file.progress.interruptions = interruptions;
    return begin_request(pool, atom::convert_v, file_task_ptr{task});
  }

  /// A file of a synchronous request.
  auto begin_sync(std::uint64_t length, account_id account = 1) {
    auto task = std::make_shared<file_task>();
    task->job = job;
    task->account = account;
    task->file = pending_file(0);
    task->file.length = length;
    task->sources = std::make_shared<upload>(files);
    return begin_request(pool, atom::convert_v, file_task_ptr{task});
  }

  /// Ends the file that has been at a worker for longest.
  void end_next() {
    auto [worker, task] = std::move(workers->converting.front());
    workers->converting.pop_front();
    self->send(caf::actor_cast<fake_worker_actor>(worker), atom::ended_v,
               outcome_of(file_outcome::kind::converted));
    run();
  }

  temp_dir folder;
  job_files files{folder.path()};
  std::shared_ptr<fake_workers> workers = std::make_shared<fake_workers>();
  codec_pool_actor pool;
  job_id job = mint<job_id>(noon);
};

TEST_F(CodecPoolTest, NoMoreFilesAreConvertedThanThereAreWorkers) {
  auto a = begin(100);
  auto b = begin(100);
  auto c = begin(100);
  EXPECT_EQ(workers->converting.size(), 2U);
  end_next();
  EXPECT_EQ(workers->converting.size(), 2U);
  end_next();
  end_next();
  for (auto* x : {&a, &b, &c})
    EXPECT_EQ(receive_answer<file_outcome>(*x)->what, file_outcome::kind::converted);
}

TEST_F(CodecPoolTest, TheGrantFollowsThePixelsOfTheHeader) {
  begin(100);
  EXPECT_EQ(workers->granted, std::vector{codec_memory(1'000'000)});
}

TEST_F(CodecPoolTest, AnImageWaitsForMemoryAndGetsIt) {
  begin(200);
  auto second = begin(200);
  EXPECT_EQ(workers->converting.size(), 1U);
  end_next();
  EXPECT_EQ(workers->converting.size(), 1U);
  end_next();
  EXPECT_EQ(receive_answer<file_outcome>(second)->what, file_outcome::kind::converted);
}

TEST_F(CodecPoolTest, FiguresSayWhatEachCodecDoes) {
  auto states = [this] {
    auto figures = ask<pool_figures>(pool, atom::look_v).value();
    std::vector<codec_state> result;
    for (const auto& x : figures.codecs)
      result.push_back(x.state);
    return result;
  };
  using all = std::vector<codec_state>;
  const all idle(3, codec_state::idle); // the spare one too
  EXPECT_EQ(states(), idle);
  begin(200);
  begin(200);
  begin(100);
  begin(100);
  EXPECT_EQ(states(),
            (all{codec_state::converting, codec_state::waiting, codec_state::converting}));
  EXPECT_EQ(ask<pool_figures>(pool, atom::look_v)->files_waiting, 1U);
  EXPECT_GT(ask<pool_figures>(pool, atom::look_v)->memory_used, 0U);
  for (int i = 0; i < 4; ++i)
    end_next();
  EXPECT_EQ(states(), idle);
  EXPECT_EQ(ask<pool_figures>(pool, atom::look_v)->memory_used, 0U);
}

TEST_F(CodecPoolTest, AnImageAboveTheLimitIsRefusedBeforeItIsDecoded) {
  auto a = begin(300);
  EXPECT_EQ(receive_answer<file_outcome>(a)->why.code, ec::too_large);
  EXPECT_EQ(workers->skipped, 1);
  EXPECT_TRUE(workers->granted.empty());
}

TEST_F(CodecPoolTest, AFileThatIsNoImageFreesItsWorkerAtOnce) {
  auto a = begin(1);
  EXPECT_EQ(receive_answer<file_outcome>(a)->why.code, ec::unsupported_input);
  begin(100);
  begin(100);
  EXPECT_EQ(workers->converting.size(), 2U);
}

TEST_F(CodecPoolTest, AWorkerThatThrowsIsReplacedAndItsFileInterrupted) {
  workers->throws = true;
  auto a = begin(100);
  EXPECT_EQ(receive_answer<file_outcome>(a)->what, file_outcome::kind::interrupted);
  EXPECT_EQ(workers->made.size(), 4U);
  workers->throws = false;
  begin(100);
  begin(100);
  EXPECT_EQ(workers->converting.size(), 2U);
}

TEST_F(CodecPoolTest, ForgettingAJobAnswersItsWaitingFiles) {
  begin(100);
  begin(100);
  auto c = begin(100);
  self->send(pool, atom::forget_v, job);
  run();
  EXPECT_EQ(receive_answer<file_outcome>(c)->why.code, ec::cancelled);
}

TEST_F(CodecPoolTest, ASuspectIsConvertedAlone) {
  begin(100);
  begin(100, 1, suspect_after);
  begin(100);
  EXPECT_EQ(workers->converting.size(), 1U);
  end_next();
  ASSERT_EQ(workers->converting.size(), 1U);
  EXPECT_EQ(workers->converting[0].second->file.progress.interruptions, suspect_after);
  end_next();
  EXPECT_EQ(workers->converting.size(), 1U);
}

TEST_F(CodecPoolTest, TheAskerIsToldWhenAWorkerTakesItsFileUp) {
  auto started = 0;
  auto count = [&] {
    auto more = true;
    while (more)
      self->receive([&](atom::started, std::uint32_t) { ++started; },
                    caf::after(0s) >> [&] { more = false; });
  };
  for (int i = 0; i < 3; ++i)
    begin(100);
  count();
  EXPECT_EQ(started, 2);
  end_next();
  count();
  EXPECT_EQ(started, 3);
}

TEST_F(CodecPoolTest, ForgettingAJobLetsGoOfAFileThatWaitsForMemory) {
  auto first = job;
  begin(200);
  job = mint<job_id>(noon);
  auto held = begin(200);
  self->send(pool, atom::forget_v, job);
  run();
  EXPECT_EQ(receive_answer<file_outcome>(held)->why.code, ec::cancelled);
  EXPECT_EQ(workers->skipped, 1);
  job = first;
  begin(100); // its worker is free again, and there is memory for this one
  EXPECT_EQ(workers->converting.size(), 2U);
}

TEST_F(CodecPoolTest, DrainingPostponesWhatWaitsAndWhatComes) {
  auto a = begin(100);
  begin(100);
  auto waits = begin(100);
  self->send(pool, atom::drain_v);
  run();
  auto comes = begin(100);
  for (auto* x : {&waits, &comes})
    EXPECT_EQ(receive_answer<file_outcome>(*x)->what, file_outcome::kind::postponed);
  end_next();
  EXPECT_EQ(receive_answer<file_outcome>(a)->what, file_outcome::kind::converted);
}

TEST_F(CodecPoolTest, AccountsTakeTurns) {
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

TEST_F(CodecPoolTest, TheSmallestFilesUseUpATurnToo) {
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

TEST_F(CodecPoolTest, AFileThatIsWaitedForGoesAheadOfEveryJob) {
  for (int i = 0; i < 50; ++i)
    begin(100, 1);
  begin_sync(100, 2);
  end_next();
  EXPECT_TRUE(workers->converting.back().second->is_sync());
}

TEST_F(CodecPoolTest, JobsGoOnBesideAnEndlessStreamOfRequests) {
  for (int i = 0; i < 10; ++i)
    begin(100, 1);
  auto jobs = 0;
  for (int i = 0; i < 40; ++i) {
    begin_sync(100, 2);
    begin_sync(100, 3);
    end_next();
    jobs += workers->converting.back().second->is_sync() ? 0 : 1;
  }
  EXPECT_EQ(jobs, 5);
}

TEST_F(CodecPoolTest, AFileThatIsWaitedForPassesASuspectThatWaits) {
  begin(100);
  begin(100);
  begin(100, 1, suspect_after); // waits until it can be alone
  begin_sync(100, 2);
  end_next();
  EXPECT_TRUE(workers->converting.back().second->is_sync());
}

TEST_F(CodecPoolTest, AFileThatIsWaitedForPassesAnImageThatWaitsForMemory) {
  begin(200);
  begin(200); // has a worker, and no memory
  begin_sync(100, 2);
  EXPECT_EQ(workers->converting.size(), 2U);
  EXPECT_EQ(workers->granted.back(), codec_memory(1'000'000));
}

TEST_F(CodecPoolTest, WhatIsSmallNeverWaitsForWhatIsLarge) {
  begin(200);
  begin(200); // waits for memory
  begin(200); // and this for a place
  auto small = begin(100);
  ASSERT_EQ(workers->converting.size(), 2U);
  std::swap(workers->converting[0], workers->converting[1]);
  end_next();
  EXPECT_EQ(receive_answer<file_outcome>(small)->what, file_outcome::kind::converted);
}

TEST_F(CodecPoolTest, ALargeFileThatWasSetAsideGetsItsPlace) {
  begin(200);
  begin(200);
  auto aside = begin(200, 2);
  EXPECT_EQ(workers->skipped, 1);
  for (int i = 0; i < 3; ++i)
    end_next();
  EXPECT_EQ(receive_answer<file_outcome>(aside)->what, file_outcome::kind::converted);
}

TEST_F(CodecPoolTest, SmallFilesAloneGetNoMoreThanTheWorkers) {
  for (int i = 0; i < 5; ++i)
    begin(100);
  EXPECT_EQ(workers->converting.size(), 2U);
}

TEST_F(CodecPoolTest, ALargeFileGetsItsTurnAmongSmallOnes) {
  for (int i = 0; i < 2; ++i)
    begin(100);
  auto large = begin(200, 2);
  for (int i = 0; i < 20; ++i)
    begin(100);
  for (int i = 0; i < 30 && !workers->converting.empty(); ++i)
    end_next();
  EXPECT_EQ(receive_answer<file_outcome>(large)->what, file_outcome::kind::converted);
}

TEST_F(CodecPoolTest, CancellingAnswersAFileThatWasSetAside) {
  begin(200);
  begin(200);
  job = mint<job_id>(noon);
  auto aside = begin(200);
  self->send(pool, atom::forget_v, job);
  run();
  EXPECT_EQ(receive_answer<file_outcome>(aside)->why.code, ec::cancelled);
}

TEST_F(CodecPoolTest, ASuspectIsAloneEvenBesideFilesThatWereSetAside) {
  for (int i = 0; i < 4; ++i)
    begin(200);
  begin(100, 1, suspect_after);
  EXPECT_EQ(workers->converting.size(), 1U);
  end_next();
  end_next();
  ASSERT_EQ(workers->converting.size(), 1U);
  EXPECT_EQ(workers->converting[0].second->file.length, 100U);
}

TEST_F(CodecPoolTest, ForgettingARequestAnswersItsWaitingFiles) {
  begin(100);
  begin(100);
  job = mint<job_id>(noon);
  auto waits = begin_sync(100);
  self->send(pool, atom::forget_v, job);
  run();
  EXPECT_EQ(receive_answer<file_outcome>(waits)->why.code, ec::cancelled);
}

} // namespace
} // namespace convertd
