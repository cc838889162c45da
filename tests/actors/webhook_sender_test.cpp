#include "actors/snapshotter.hpp"
#include "actors/webhook_sender.hpp"
#include "tests/actors/actor_test.hpp"
#include "tests/support/temp_dir.hpp"

#include <algorithm>

namespace convertd {
namespace {

using fake_courier_actor = webhook_courier_actor::extend<
  // Ends what it carries.
  caf::reacts_to<atom::ended, attempt>>;

/// Stands in for all receivers: keeps what is sent until the test says how it went.
struct fake_receivers {
  struct call {
    posting_ptr what;
    fake_courier_actor courier;
  };
  std::vector<call> waiting;
  std::size_t most = 0; ///< At a time.
};

fake_courier_actor::behavior_type fake_courier(fake_courier_actor::pointer self,
                                               std::shared_ptr<fake_receivers> at) {
  auto carried = std::make_shared<caf::typed_response_promise<attempt>>();
  return {
    [=](atom::post, const posting_ptr& what) -> caf::result<attempt> {
      *carried = self->make_response_promise<attempt>();
      at->waiting.push_back({what, self});
      at->most = std::max(at->most, at->waiting.size());
      return *carried;
    },
    [=](atom::ended, const attempt& how) { carried->deliver(how); },
  };
}

class WebhookSenderTest : public ActorTest {
protected:
  void SetUp() override {
    snapshotter_options options;
    options.outbox_touched = [this] {
      if (sender)
        caf::anon_send(sender, atom::wake_v);
    };
    snapshots = system.spawn(snapshotter, &in, &files, options);
  }

  void TearDown() override {
    stop_sender();
    stop(snapshots);
  }

  void start() {
    sender_options.now = [this] { return now; };
    sender_options.make_courier = [this] { return system.spawn(fake_courier, at); };
    sender_options.fatal = [](const std::string& why) { FAIL() << why; };
    sender = system.spawn(webhook_sender, snapshots, &in, sender_options);
    caf::anon_send(sender, atom::wake_v);
    caf::anon_send(sender, atom::prune_v);
    run();
  }

  void stop_sender() {
    if (!sender)
      return;
    answer_all({.trouble = "stopped"});
    stop(sender);
    sender = nullptr;
  }

  void let_pass(milliseconds time) {
    now += time;
    advance(time);
  }

  void write(std::function<void(write_batch&)> what) {
    auto shared = std::make_shared<const std::function<void(write_batch&)>>(std::move(what));
    ASSERT_FALSE(*ask<failure>(snapshots, atom::write_v, write_function{shared}));
  }

  webhook_record subscribe(account_id account = 1) {
    webhook_record x;
    x.id = mint<webhook_id>(noon);
    x.account = account;
    x.url = "https://receiver" + std::to_string(++hooks) + ".example/";
    x.events = 0x3F;
    x.secret = "whsec_a";
    write([&](write_batch& batch) { batch.put_webhook(x); });
    return x;
  }

  /// A job that makes `1 + count` deliveries for each webhook of its account.
  job_id new_job(std::uint32_t count = 1, account_id account = 1,
                 std::optional<callback_record> callback = std::nullopt) {
    auto x = std::make_shared<submission>();
    x->job = pending_job(now, count, account);
    x->job.state = job_state::uploading;
    x->files = pending_files(count);
    x->sources = std::make_shared<upload>(files);
    x->sources->append("s");
    x->callback = std::move(callback);
    EXPECT_FALSE(*ask<failure>(snapshots, atom::put_v, submission_ptr{x}));
    return x->job.id;
  }

  void end(job_id id) {
    auto job = read_view{in}.job(id).value();
    job = cancel(job, true, now, 720h).value();
    auto update = std::make_shared<job_update>();
    update->job = job;
    EXPECT_FALSE(*ask<failure>(snapshots, atom::save_v, job_update_ptr{update}));
  }

  /// Ends the call that waits longest, or the one at `index`.
  posting answer(const attempt& how, std::size_t index = 0) {
    auto call = at->waiting.at(index);
    at->waiting.erase(at->waiting.begin() + static_cast<std::ptrdiff_t>(index));
    self->send(call.courier, atom::ended_v, how);
    run();
    return *call.what;
  }

  void answer_all(const attempt& how) {
    while (!at->waiting.empty())
      answer(how);
  }

  static attempt status(int x) {
    return {.status = x};
  }

  std::vector<delivery_record> deliveries(account_id account = 1) {
    return read_view{in}.deliveries_of(account, 0, 10'000).deliveries;
  }

  std::size_t count(delivery_state state, account_id account = 1) {
    auto all = deliveries(account);
    return static_cast<std::size_t>(
      std::ranges::count(all, state, [](const auto& x) { return x.state; }));
  }

  temp_dir dir;
  job_files files{dir.path()};
  store in{dir.path() / "store", {.map_bytes = 256 * mib, .sync = false}};
  /// Events are written with the wall clock: what is sent is told a later time than any of them.
  const timestamp begin = wall_clock() + 1min;
  timestamp now = begin;
  int hooks = 0;
  std::shared_ptr<fake_receivers> at = std::make_shared<fake_receivers>();
  webhook_sender_options sender_options;
  snapshotter_actor snapshots;
  webhook_sender_actor sender;
};

TEST_F(WebhookSenderTest, WhatIsWrittenIsSentAtOnceAndOnce) {
  start();
  auto hook = subscribe();
  auto job = new_job();
  ASSERT_EQ(at->waiting.size(), 1U);
  auto sent = answer({.status = 200, .response = "ok"});
  EXPECT_EQ(sent.delivery.job, job);
  EXPECT_EQ(sent.url, hook.url);
  EXPECT_EQ(sent.secrets, std::vector<std::string>{"whsec_a"});
  auto kept = deliveries().at(0);
  EXPECT_EQ(kept.state, delivery_state::delivered);
  EXPECT_EQ(kept.http_status, 200);
  EXPECT_EQ(kept.response, "ok");
  EXPECT_EQ(kept.attempts, 1U);
  EXPECT_EQ(kept.completed, now);
  let_pass(48h);
  EXPECT_TRUE(at->waiting.empty());
}

TEST_F(WebhookSenderTest, TriesComeAtZeroFiveAndTwentyFiveSeconds) {
  start();
  subscribe();
  new_job();
  answer(status(500));
  let_pass(4'999ms);
  EXPECT_TRUE(at->waiting.empty());
  let_pass(2ms);
  answer(status(503));
  let_pass(19'990ms);
  EXPECT_TRUE(at->waiting.empty());
  let_pass(20ms);
  answer(status(204));
  EXPECT_EQ(deliveries()[0].attempts, 3U);
  EXPECT_EQ(deliveries()[0].state, delivery_state::delivered);
}

TEST_F(WebhookSenderTest, AReceiverThatNeverAcceptsIsGivenUpAfterTheAge) {
  sender_options.age_max = 1h;
  start();
  subscribe();
  new_job();
  auto tries = 0;
  for (int i = 0; i < 300 && count(delivery_state::pending) > 0; ++i) {
    tries += static_cast<int>(at->waiting.size());
    answer_all({.trouble = "no answer"});
    let_pass(1min);
  }
  EXPECT_EQ(count(delivery_state::failed), 1U);
  EXPECT_EQ(deliveries()[0].trouble, "no answer");
  EXPECT_EQ(static_cast<int>(deliveries()[0].attempts), tries);
  EXPECT_GE(tries, 5);
  EXPECT_LE(deliveries()[0].completed, begin + 1h + 1min);
}

TEST_F(WebhookSenderTest, TheOrderOfAJobIsKeptThroughFailures) {
  start();
  subscribe();
  new_job(3);
  std::vector<std::uint32_t> accepted;
  for (int i = 0; accepted.size() < 3 && i < 50; ++i) {
    if (at->waiting.empty()) {
      let_pass(1min);
      continue;
    }
    ASSERT_EQ(at->waiting.size(), 1U); // one of a strand at a time
    auto fails = i % 3 != 2;
    auto sent = answer(status(fails ? 500 : 200));
    if (!fails)
      accepted.push_back(sent.delivery.file);
  }
  EXPECT_EQ(accepted, (std::vector<std::uint32_t>{0, 1, 2}));
}

TEST_F(WebhookSenderTest, ASlowReceiverSlowsNoOther) {
  start();
  subscribe(1);
  for (int i = 0; i < 100; ++i)
    new_job(1, 1); // all hang at the first receiver
  EXPECT_EQ(at->waiting.size(), sender_options.of_target);
  subscribe(2);
  for (int i = 0; i < 10; ++i) {
    new_job(1, 2);
    answer(status(200), sender_options.of_target);
  }
  EXPECT_EQ(count(delivery_state::delivered, 2), 10U);
  EXPECT_EQ(count(delivery_state::delivered, 1), 0U);
}

TEST_F(WebhookSenderTest, AnAccountWithManyReceiversTakesNotAllCouriers) {
  start();
  for (int i = 0; i < 20; ++i)
    subscribe(1);
  new_job(1, 1);
  EXPECT_EQ(at->waiting.size(), sender_options.of_account);
  for (account_id account = 2; account < 20; ++account) {
    subscribe(account);
    subscribe(account);
    new_job(1, account);
  }
  EXPECT_EQ(at->waiting.size(), sender_options.couriers);
  while (!at->waiting.empty())
    answer(status(200));
  EXPECT_EQ(at->most, sender_options.couriers);
  EXPECT_EQ(count(delivery_state::delivered, 1), 20U);
  for (account_id account = 2; account < 20; ++account)
    EXPECT_EQ(count(delivery_state::delivered, account), 2U);
}

TEST_F(WebhookSenderTest, AfterARestartItGoesOnFromTheStore) {
  start();
  subscribe();
  new_job(3);
  answer(status(200));
  ASSERT_EQ(at->waiting.size(), 1U);
  auto lost = at->waiting[0].what->delivery.event;
  at->waiting.clear(); // the server died: nobody learns what came of it
  stop_sender();
  start();
  ASSERT_EQ(at->waiting.size(), 1U);
  EXPECT_EQ(answer(status(200)).delivery.event, lost); // the same id, so receivers can tell
  answer(status(200));
  EXPECT_EQ(count(delivery_state::delivered), 3U);
}

TEST_F(WebhookSenderTest, WhatWaitsForADeletedWebhookFails) {
  start();
  auto hook = subscribe();
  for (int i = 0; i < 5; ++i)
    new_job(3);
  answer_all(status(500));
  write([&](write_batch& batch) { batch.erase_webhook(1, hook.id); });
  let_pass(1min);
  EXPECT_TRUE(at->waiting.empty());
  EXPECT_EQ(count(delivery_state::failed), 15U);
  EXPECT_FALSE(deliveries()[0].trouble.empty());
}

TEST_F(WebhookSenderTest, WhatWaitsForOneThatIsSwitchedOffFails) {
  start();
  auto hook = subscribe();
  new_job(2);
  hook.active = false;
  write([&](write_batch& batch) { batch.put_webhook(hook); });
  answer(status(200)); // was on its way
  EXPECT_EQ(count(delivery_state::delivered), 1U);
  EXPECT_EQ(count(delivery_state::failed), 1U);
}

TEST_F(WebhookSenderTest, BothSecretsSignForADayAfterARotation) {
  start();
  auto hook = subscribe();
  rotate(hook, "whsec_b", now);
  write([&](write_batch& batch) { batch.put_webhook(hook); });
  new_job();
  EXPECT_EQ(answer(status(200)).secrets, (std::vector<std::string>{"whsec_b", "whsec_a"}));
  let_pass(24h);
  new_job();
  EXPECT_EQ(answer(status(200)).secrets, std::vector<std::string>{"whsec_b"});
}

TEST_F(WebhookSenderTest, ACallbackGetsTheEndOfItsJob) {
  start();
  auto job = new_job(1, 1, callback_record{"https://c.example/x", "mine"});
  EXPECT_TRUE(at->waiting.empty());
  end(job);
  ASSERT_EQ(at->waiting.size(), 1U);
  auto sent = answer(status(200));
  EXPECT_EQ(sent.url, "https://c.example/x");
  EXPECT_EQ(sent.secrets, std::vector<std::string>{"mine"});
  EXPECT_EQ(sent.delivery.kind, event_kind::failed);
}

TEST_F(WebhookSenderTest, ACallbackWhoseJobIsGoneFails) {
  start();
  auto job = new_job(1, 1, callback_record{"https://c.example/x", ""});
  end(job);
  answer(status(500));
  write([&](write_batch& batch) { batch.erase_records(job, 100); });
  let_pass(1min);
  EXPECT_TRUE(at->waiting.empty());
  EXPECT_EQ(count(delivery_state::failed), 1U);
}

TEST_F(WebhookSenderTest, WhatIsAskedForAgainIsSentAtOnce) {
  start();
  subscribe();
  new_job();
  answer(status(500));
  auto old = deliveries()[0];
  write([&](write_batch& batch) { batch.put_delivery(again(old, now)); });
  ASSERT_EQ(at->waiting.size(), 1U);
  EXPECT_EQ(answer(status(200)).delivery.event, old.event);
  EXPECT_EQ(deliveries()[0].attempts, 2U);
}

TEST_F(WebhookSenderTest, OldDeliveriesAreErased) {
  sender_options.history = 24h * 7;
  start();
  subscribe();
  new_job(3);
  while (!at->waiting.empty())
    answer(status(200));
  let_pass(24h * 6);
  EXPECT_EQ(deliveries().size(), 3U);
  let_pass(25h);
  EXPECT_TRUE(deliveries().empty());
}

} // namespace
} // namespace convertd
