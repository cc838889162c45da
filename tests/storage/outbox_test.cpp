// Events are written with what they report, and wait in their order.
#include "storage/store.hpp"
#include "tests/support/damage.hpp"
#include "tests/support/records.hpp"
#include "tests/support/temp_dir.hpp"

#include <gtest/gtest.h>

namespace convertd {
namespace {

using namespace std::chrono_literals;

constexpr event_set all_events = 0x3F;

class OutboxTest : public testing::Test {
protected:
  template <class Write>
  void write(Write what, timestamp now = noon) {
    write_batch batch{in, now};
    what(batch);
    batch.commit();
  }

  webhook_record subscribe(event_set events, account_id account = 1, bool active = true) {
    webhook_record x;
    x.id = mint<webhook_id>(noon);
    x.account = account;
    x.url = "https://a.example/";
    x.events = events;
    x.active = active;
    x.secret = "whsec_x";
    write([&](write_batch& batch) { batch.put_webhook(x); });
    return x;
  }

  /// As the snapshotter makes a job.
  static void submit(write_batch& batch, job_record& job, bool accept = true) {
    job.state = job_state::uploading;
    batch.put_job(job);
    for (const auto& file : pending_files(job.files_total))
      batch.put_file(job.id, file);
    job.state = job_state::pending;
    if (accept)
      batch.put_job(job);
  }

  void start(job_record& job) {
    job.state = job_state::processing;
    job.started = noon;
    write([&](write_batch& batch) { batch.put_job(job); });
  }

  void end_file(job_record& job, file_record file) {
    count_ended(job, file);
    settle_if_done(job, noon, 1h);
    write([&](write_batch& batch) {
      batch.put_file(job.id, file);
      batch.put_job(job);
    });
  }

  file_record failed_file(std::uint32_t index) {
    auto file = pending_file(index);
    file.progress = refused(file.progress, ec::decode_failed);
    return file;
  }

  /// Sends what is due, as the sender would, and gives the kinds in the order they were sent in.
  std::vector<event_kind> drain(job_id job) {
    std::vector<event_kind> sent;
    for (;;) {
      auto due = read_view{in}.strands(noon + 1h, 100).due;
      std::erase_if(due, [&](const strand& x) { return x.job != job; });
      if (due.empty())
        return sent;
      auto head = read_view{in}.head_of(due.front()).value();
      sent.push_back(head.kind);
      write([&](write_batch& batch) {
        batch.put_delivery(after_attempt(head, {.status = 200}, noon, 24h));
      });
    }
  }

  std::vector<delivery_record> deliveries(account_id account = 1) {
    return read_view{in}.deliveries_of(account, 0, 1'000).deliveries;
  }

  temp_dir dir;
  store in{dir.path() / "store", {.map_bytes = 64 * mib, .sync = false}};
};

using enum event_kind;

TEST_F(OutboxTest, EveryStepOfAJobIsAnEventInItsOrder) {
  subscribe(all_events);
  auto job = pending_job(noon, 2);
  write([&](write_batch& batch) { submit(batch, job); });
  start(job);
  end_file(job, completed_file(1, noon));
  end_file(job, failed_file(0));
  EXPECT_EQ(drain(job.id), (std::vector{source_stored, source_stored, started, output_stored,
                                        progress, progress, completed}));
  for (const auto& x : deliveries())
    EXPECT_EQ(x.state, delivery_state::delivered);
}

TEST_F(OutboxTest, OnlyWhatSomebodySubscribedToIsWritten) {
  subscribe(parse_event_type("conversion.failed").value());
  subscribe(all_events, 1, false);
  subscribe(all_events, 2);
  auto job = pending_job(noon, 1);
  write([&](write_batch& batch) { submit(batch, job); });
  start(job);
  EXPECT_TRUE(deliveries().empty());
  end_file(job, failed_file(0));
  ASSERT_EQ(deliveries().size(), 1U);
  EXPECT_EQ(deliveries()[0].kind, failed);
  EXPECT_EQ(deliveries()[0].job, job.id);
  EXPECT_TRUE(deliveries(2).empty());
}

TEST_F(OutboxTest, AnEventHasOneIdForAllThatAreToldOfIt) {
  subscribe(all_events);
  subscribe(all_events);
  auto job = pending_job(noon, 0);
  write([&](write_batch& batch) { submit(batch, job); });
  start(job);
  auto both = deliveries();
  ASSERT_EQ(both.size(), 2U);
  EXPECT_EQ(both[0].event, both[1].event);
  EXPECT_NE(both[0].id, both[1].id);
  EXPECT_NE(both[0].webhook, both[1].webhook);
}

TEST_F(OutboxTest, WhatIsNotCommittedIsNoEvent) {
  subscribe(all_events);
  auto job = pending_job(noon, 1);
  {
    write_batch batch{in, noon};
    submit(batch, job);
    EXPECT_TRUE(batch.outbox_touched());
  }
  EXPECT_TRUE(deliveries().empty());
  EXPECT_TRUE(read_view{in}.strands(noon + 1h, 9).due.empty());
}

TEST_F(OutboxTest, WritingTheSameAgainIsNoEvent) {
  subscribe(all_events);
  auto job = pending_job(noon, 2);
  write([&](write_batch& batch) { submit(batch, job); });
  start(job);
  start(job);
  auto file = completed_file(0, noon);
  end_file(job, file);
  write([&](write_batch& batch) { batch.put_file(job.id, file); });
  EXPECT_EQ(drain(job.id),
            (std::vector{source_stored, source_stored, started, output_stored, progress}));
}

TEST_F(OutboxTest, ACancelledJobFailsWithoutHavingStarted) {
  subscribe(all_events);
  auto job = pending_job(noon, 1);
  write([&](write_batch& batch) { submit(batch, job); });
  job = cancel(job, false, noon, 1h).value();
  write([&](write_batch& batch) { batch.put_job(job); });
  EXPECT_EQ(drain(job.id), (std::vector{source_stored, failed}));
}

TEST_F(OutboxTest, WhatAnUnfinishedUploadWroteIsNeitherSentNorLeft) {
  subscribe(all_events);
  auto job = pending_job(noon, 5);
  write([&](write_batch& batch) { submit(batch, job, false); });
  EXPECT_EQ(deliveries().size(), 5U);
  EXPECT_TRUE(read_view{in}.strands(noon + 1h, 9).due.empty());
  auto rounds = 0;
  for (auto done = false; !done; ++rounds)
    write([&](write_batch& batch) { done = batch.erase_records(job.id, 2); });
  EXPECT_GT(rounds, 2);
  EXPECT_TRUE(deliveries().empty());
  EXPECT_TRUE(read_view{in}.strands(noon + 1h, 9).due.empty());
}

TEST_F(OutboxTest, ALargeUploadIsSentOnceItIsAJob) {
  subscribe(all_events);
  subscribe(all_events);
  auto job = pending_job(noon, 3);
  write([&](write_batch& batch) { submit(batch, job, false); });
  write([&](write_batch& batch) { batch.put_job(job); });
  EXPECT_EQ(read_view{in}.strands(noon, 9).due.size(), 2U);
  EXPECT_EQ(drain(job.id).size(), 6U);
}

TEST_F(OutboxTest, ACallbackIsToldOfTheEndAlone) {
  auto job = pending_job(noon, 1);
  write([&](write_batch& batch) {
    batch.put_callback(job.id, {"https://c.example/x", "secret"});
    submit(batch, job);
  });
  start(job);
  end_file(job, completed_file(0, noon));
  ASSERT_EQ(deliveries().size(), 1U);
  EXPECT_TRUE(deliveries()[0].is_callback());
  EXPECT_EQ(drain(job.id), std::vector{completed});
}

TEST_F(OutboxTest, OrderHoldsWhateverTheClockDoes) {
  auto hook = subscribe(all_events);
  auto job = pending_job(noon, 100);
  write([&](write_batch& batch) { submit(batch, job); }, noon + 5h);
  job.state = job_state::processing;
  job.started = noon;
  write([&](write_batch& batch) { batch.put_job(job); }, noon - 5h);
  std::vector<std::uint32_t> files;
  while (files.size() < 100) {
    auto head = read_view{in}.head_of({target_of(hook.id), job.id, {}}).value();
    files.push_back(head.file);
    write([&](write_batch& batch) {
      batch.put_delivery(after_attempt(head, {.status = 204}, noon, 24h));
    });
  }
  EXPECT_TRUE(std::is_sorted(files.begin(), files.end()));
  EXPECT_EQ(drain(job.id), std::vector{started});
}

TEST_F(OutboxTest, AStrandWaitsForItsFirstDelivery) {
  auto hook = subscribe(all_events);
  auto job = pending_job(noon, 2);
  write([&](write_batch& batch) { submit(batch, job); });
  auto due = read_view{in}.strands(noon, 9).due;
  ASSERT_EQ(due.size(), 1U);
  EXPECT_EQ(due[0], (strand{target_of(hook.id), job.id, noon}));
  auto head = read_view{in}.head_of(due[0]).value();
  write([&](write_batch& batch) {
    batch.put_delivery(after_attempt(head, {.status = 500}, noon, 24h));
  });
  auto scan = read_view{in}.strands(noon + 4999ms, 9);
  EXPECT_TRUE(scan.due.empty());
  EXPECT_EQ(scan.next, noon + 5s);
  EXPECT_EQ(read_view{in}.strands(noon + 5s, 9).due.size(), 1U);
  EXPECT_EQ(read_view{in}.head_of(due[0])->id, head.id);
}

TEST_F(OutboxTest, OneTargetDoesNotHideAnother) {
  subscribe(all_events);
  subscribe(all_events);
  for (int i = 0; i < 10; ++i) {
    auto job = pending_job(noon, 1);
    write([&](write_batch& batch) { submit(batch, job); });
  }
  auto scan = read_view{in}.strands(noon, 4);
  EXPECT_EQ(scan.due.size(), 8U);
}

TEST_F(OutboxTest, WhatWaitsForATargetCanBeFailedInParts) {
  auto gone = subscribe(all_events);
  auto stays = subscribe(all_events);
  for (int i = 0; i < 3; ++i) {
    auto job = pending_job(noon, 2);
    write([&](write_batch& batch) { submit(batch, job); });
  }
  write([&](write_batch& batch) {
    EXPECT_EQ(batch.fail_deliveries(target_of(gone.id), "gone", 4), 4U);
  });
  write([&](write_batch& batch) {
    EXPECT_EQ(batch.fail_deliveries(target_of(gone.id), "gone", 4), 2U);
  });
  for (const auto& x : deliveries())
    EXPECT_EQ(x.state == delivery_state::failed, x.webhook == gone.id);
  auto due = read_view{in}.strands(noon, 9).due;
  EXPECT_EQ(due.size(), 3U);
  EXPECT_EQ(due[0].target, target_of(stays.id));
}

TEST_F(OutboxTest, ADeliveryCanBeSentAgain) {
  subscribe(all_events);
  auto job = pending_job(noon, 1);
  write([&](write_batch& batch) { submit(batch, job); });
  EXPECT_EQ(drain(job.id).size(), 1U);
  auto old = deliveries().front();
  write([&](write_batch& batch) { batch.put_delivery(again(old, noon + 1h)); });
  EXPECT_EQ(read_view{in}.strands(noon + 1h, 9).due.size(), 1U);
  EXPECT_EQ(drain(job.id), std::vector{source_stored});
  EXPECT_EQ(deliveries().front().attempts, 2U);
}

TEST_F(OutboxTest, OnlySettledDeliveriesGoStale) {
  subscribe(all_events);
  auto job = pending_job(noon, 6);
  write([&](write_batch& batch) { submit(batch, job); });
  for (int i = 0; i < 4; ++i) {
    auto due = read_view{in}.strands(noon, 1).due;
    auto head = read_view{in}.head_of(due.front()).value();
    write([&](write_batch& batch) {
      batch.put_delivery(after_attempt(head, {.status = 200}, noon, 24h));
    });
  }
  read_view view{in};
  EXPECT_TRUE(view.stale_deliveries(noon, 100, 100).empty());
  EXPECT_EQ(view.stale_deliveries(noon + 1ms, 100, 100).size(), 4U);
  EXPECT_EQ(view.stale_deliveries(noon + 1ms, 100, 3).size(), 3U);
  EXPECT_EQ(view.stale_deliveries(noon, 4, 100).size(), 2U);
}

TEST_F(OutboxTest, ADamagedWebhookStandsInNoJobsWay) {
  subscribe(all_events);
  ASSERT_GT(flip_bit_in(dir.path() / "store" / "data.mdb", "https://a.example/"), 0);
  EXPECT_TRUE(read_view{in}.webhooks_of(1).empty());
  auto job = pending_job(noon, 1);
  write([&](write_batch& batch) { submit(batch, job); });
  start(job);
  end_file(job, completed_file(0, noon));
  EXPECT_TRUE(deliveries().empty());
}

TEST_F(OutboxTest, RecordsAreReadBackAsTheyWereWritten) {
  auto hook = subscribe(5);
  rotate(hook, "whsec_new", noon);
  write([&](write_batch& batch) { batch.put_webhook(hook); });
  delivery_record x{.id = mint<delivery_id>(noon),
                    .account = 1,
                    .webhook = hook.id,
                    .target = target_of(hook.id),
                    .event = mint<event_id>(noon),
                    .kind = progress,
                    .job = mint<job_id>(noon),
                    .file = 7,
                    .state = delivery_state::failed,
                    .http_status = 503,
                    .response = "busy",
                    .trouble = "none",
                    .attempts = 9,
                    .tries = 3,
                    .created = noon,
                    .since = noon + 1s,
                    .next_attempt = noon + 2s,
                    .completed = noon + 3s};
  write([&](write_batch& batch) {
    batch.put_delivery(x);
    batch.put_callback(x.job, {"http://c.example/", "s"});
  });
  read_view view{in};
  EXPECT_EQ(view.webhook(1, hook.id), hook);
  EXPECT_EQ(view.webhooks_of(1), std::vector{hook});
  EXPECT_TRUE(view.webhooks_of(2).empty());
  EXPECT_EQ(view.delivery(1, x.id), x);
  EXPECT_FALSE(view.delivery(2, x.id));
  EXPECT_EQ(view.callback(x.job), (callback_record{"http://c.example/", "s"}));
}

} // namespace
} // namespace convertd
