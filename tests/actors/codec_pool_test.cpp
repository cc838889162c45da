#include "tests/actors/codec_pool_fixture.hpp"

#include <caf/event_based_actor.hpp>

#include <csignal>
#include <poll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace convertd {
namespace {

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

TEST_F(CodecPoolTest, ASmallPictureIsConvertedAtOnce) {
  workers->small.insert(100);
  auto small = begin(100);
  EXPECT_EQ(receive_answer<file_outcome>(small)->what, file_outcome::kind::converted);
  EXPECT_TRUE(workers->granted.empty());
  EXPECT_EQ(ask<pool_figures>(pool, atom::look_v)->memory_used, 0U);
}

TEST_F(CodecPoolTest, NothingGoesAtOnceWhileAnotherWaitsForMemory) {
  workers->small.insert(100);
  begin(200);
  begin(200);
  begin(100);
  EXPECT_EQ(workers->went_at_once, (std::vector{false, false, false}));
  while (!workers->converting.empty())
    end_next();
  begin(100);
  EXPECT_TRUE(workers->went_at_once.back());
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

TEST_F(CodecPoolTest, AnAccountKeepsItsProcessAndANewOneGetsAFreshOne) {
  auto first = worker_of_one(1);
  EXPECT_NE(worker_of_one(2), first);
  EXPECT_EQ(worker_of_one(1), first);
}

TEST_F(CodecPoolTest, AnAccountWhoseDecoderDiedGoesOnWhereItHasAnotherProcess) {
  begin(100);
  begin(100);
  auto second = workers->converting.back().first;
  end_next();
  end_next();
  auto first = worker_of_one(1, file_outcome::kind::died);
  ASSERT_NE(first, second);
  EXPECT_EQ(worker_of_one(1), second);
}

TEST_F(CodecPoolTest, AnAccountWhoseOnlyDecoderDiedDoesNotWaitForItsSuccessor) {
  auto dead = worker_of_one(1, file_outcome::kind::died);
  EXPECT_NE(worker_of_one(1), dead);
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

TEST_F(CodecPoolTest, AWorkerThatHangsIsReplacedAndItsFileInterrupted) {
  run();
  auto a = self->request(pool, caf::infinite, atom::convert_v, task_of(100));
  sched.run_once();                             // the pool has asked a worker,
  auto hanging = std::exchange(sched.jobs, {}); // which does not get to it
  advance(59s); // it might have been converted at once, and 30 s are a worker's own
  EXPECT_EQ(workers->made.size(), 3U);
  advance(2s);
  EXPECT_EQ(receive_answer<file_outcome>(a)->what, file_outcome::kind::interrupted);
  EXPECT_EQ(workers->made.size(), 4U);
  begin(100);
  begin(100);
  EXPECT_EQ(workers->converting.size(), 2U);
  sched.jobs.insert(sched.jobs.end(), hanging.begin(), hanging.end());
  run(); // it answers, and only then hears that it was given up
  EXPECT_EQ(workers->went_at_once.size(), 3U);
  EXPECT_EQ(workers->converting.size(), 2U) << "the answer was about a file of before";
}

TEST_F(CodecPoolTest, AConversionThatHangsLeavesItsMemoryToTheFileThatWaits) {
  begin(200);
  begin(200); // its header was read, and there is no memory for it
  ASSERT_EQ(workers->converting.size(), 1U);
  advance(61s);
  EXPECT_EQ(workers->made.size(), 4U) << "the one that converts for so long hangs";
  EXPECT_EQ(workers->converting.size(), 2U) << "now there is";
}

TEST_F(CodecPoolTest, ForgettingAJobAnswersItsWaitingFiles) {
  begin(100);
  begin(100);
  auto c = begin(100);
  self->send(pool, atom::forget_v, job);
  run();
  EXPECT_EQ(receive_answer<file_outcome>(c)->why.code, ec::cancelled);
}

TEST_F(CodecPoolTest, ForgettingAJobKillsAProcessThatWasToldOfForAnEarlierFile) {
  auto child = ::fork();
  if (child == 0)
    for (;;)
      ::pause();
  auto process =
    std::make_shared<const owned_fd>(static_cast<int>(::syscall(SYS_pidfd_open, child, 0)));
  workers->process = process;
  worker_of_one(1);
  begin(100); // by the same process
  self->send(pool, atom::forget_v, job);
  run();
  pollfd polled{.fd = process->get(), .events = POLLIN, .revents = 0};
  EXPECT_EQ(::poll(&polled, 1, 5'000), 1) << "it lives";
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
}

TEST_F(CodecPoolTest, AFileIsNeverAtTwoWorkers) {
  auto first = begin(100);
  next_index = 0; // as from the successor of a runner that failed
  auto again = begin(100);
  EXPECT_EQ(workers->converting.size(), 1U);
  end_next();
  EXPECT_EQ(workers->converting.size(), 1U);
  end_next();
  EXPECT_TRUE(receive_answer<file_outcome>(first));
  EXPECT_TRUE(receive_answer<file_outcome>(again));
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
  for (int i = 0; i < 3; ++i)
    begin(100);
  EXPECT_EQ(times_told_of_a_start(), 2);
  end_next();
  EXPECT_EQ(times_told_of_a_start(), 1);
}

TEST_F(CodecPoolTest, TheNextStartIsToldBeforeTheEnd) {
  std::string heard;
  auto asker = system.spawn([&](caf::event_based_actor* me) -> caf::behavior {
    for (int i = 0; i < 3; ++i)
      me->request(pool, caf::infinite, atom::convert_v, task_of(100))
        .then([&](const file_outcome&) { heard += "end "; });
    return {[&](atom::started, std::uint32_t) { heard += "start "; }};
  });
  run();
  EXPECT_EQ(heard, "start start ");
  end_next();
  EXPECT_EQ(heard, "start start start end ");
  stop(asker);
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
  begin_sync(100); // by the spare worker
  job = mint<job_id>(noon);
  auto waits = begin_sync(100);
  self->send(pool, atom::forget_v, job);
  run();
  EXPECT_EQ(receive_answer<file_outcome>(waits)->why.code, ec::cancelled);
}

} // namespace
} // namespace convertd
