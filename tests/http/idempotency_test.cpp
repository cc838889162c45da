// Idempotency-Key over a real socket: what comes again makes no second job.
#include "http/idempotency.hpp"
#include "tests/http/form.hpp"
#include "tests/http/test_server.hpp"

namespace convertd {

namespace {

const std::string with_key = "Idempotency-Key: once 1\r\n";

class Idempotency : public TestServer {
protected:
  raw_response send(const std::string& parts, const std::string& fields = with_key,
                    const std::string& who = key) {
    return client().ask(post("/api/jobs", parts + form_end, form_type + fields + auth(who)));
  }
  std::size_t jobs() {
    return actors.submitted().size();
  }
};

} // namespace

TEST_F(Idempotency, TheSameRequestGetsTheFirstJobAgain) {
  start();
  auto body = job_settings + file("files", "a.png", "AAAA")
              + file("files", "b.png", std::string(200'000, 'b'));
  auto first = send(body);
  ASSERT_EQ(first.status, 200) << first.body;
  EXPECT_EQ(first.header("idempotent-replayed"), "");
  auto again = send(body);
  EXPECT_EQ(again.status, 200);
  EXPECT_EQ(again.header("idempotent-replayed"), "true");
  EXPECT_EQ(again.body, first.body);
  EXPECT_EQ(jobs(), 1U);
  EXPECT_EQ(files.live_folders().size(), 1U);
}

TEST_F(Idempotency, OrderOfFieldsAndWhatIsNoPartOfTheRequestDoNotMatter) {
  start();
  auto first = send(job_settings + file("files", "a.png", "AAAA"));
  auto again =
    send(file("files", "a.png", "AAAA") + field("saveToStorage", "true") + field("format", "webp")
         + field("idempotencyKey", "x") + field("callbackSecret", "y"));
  EXPECT_EQ(again.body, first.body);
  EXPECT_EQ(jobs(), 1U);
}

TEST_F(Idempotency, AnotherRequestUnderTheKeyIsRefused) {
  start();
  ASSERT_EQ(send(job_settings + file("files", "a.png", "AAAA")).status, 200);
  for (const auto& different :
       {job_settings + file("files", "a.png", "AAAB"),
        job_settings + file("files", "b.png", "AAAA"),
        job_settings + file("files", "a.png", "AAA") + file("files", "a.png", "A"),
        job_settings + field("resize", "email") + file("files", "a.png", "AAAA"), job_settings}) {
    auto got = send(different);
    EXPECT_EQ(got.status, 422);
    EXPECT_NE(got.body.find("\"idempotency_mismatch\""), std::string::npos);
  }
  EXPECT_EQ(jobs(), 1U);
}

TEST_F(Idempotency, AReplayIsFreeOfWhatWouldRefuseANewJob) {
  start();
  auto body = job_settings + file("files", "a.png", std::string(60'000, 'x'));
  auto first = send(body, with_key, "other-key");
  EXPECT_EQ(first.status, 413); // the plan's size of a file
  body = job_settings + file("files", "a.png", std::string(900, 'x'));
  first = send(body, with_key, "other-key");
  ASSERT_EQ(first.status, 200) << first.body;
  {
    job_record full;
    full.id = mint<job_id>(wall_clock());
    full.account = other;
    full.state = job_state::pending;
    full.source_bytes = 100'000;
    write_batch batch{records};
    batch.put_job(full);
    batch.commit();
  }
  actors.refuse_with(failure{ec::queue_full, {}, {}, {}});
  auto again = send(body, with_key, "other-key");
  EXPECT_EQ(again.status, 200) << again.body;
  EXPECT_EQ(again.header("idempotent-replayed"), "true");
  EXPECT_EQ(send(body, "Idempotency-Key: new\r\n", "other-key").status, 503);
}

TEST_F(Idempotency, KeysBelongToTheirAccounts) {
  start();
  auto body = job_settings + file("files", "a.png", "AAAA");
  ASSERT_EQ(send(body).status, 200);
  auto got = send(body, with_key, "other-key");
  EXPECT_EQ(got.header("idempotent-replayed"), "");
  EXPECT_EQ(jobs(), 2U);
}

TEST_F(Idempotency, ARefusedRequestLeavesItsKeyFree) {
  start();
  EXPECT_EQ(send(file("files", "a.png", "AAAA")).status, 400);
  actors.fail_submit_with({ec::storage_full, {}, {}, {}});
  EXPECT_EQ(send(job_settings + file("files", "a.png", "AAAA")).status, 503);
  EXPECT_EQ(jobs(), 0U);
}

TEST_F(Idempotency, TheFirstMayHaveLostItsClientOnTheWayToTheStore) {
  start();
  auto body = job_settings + file("files", "a.png", "AAAA");
  actors.hold_submissions();
  {
    auto leaving = client();
    leaving.send(post("/api/jobs", body + form_end, form_type + with_key + auth()));
    ASSERT_TRUE(actors.waits_for_held(1));
  }
  EXPECT_EQ(send(body).status, 409);
  actors.settle_all();
  EXPECT_EQ(send(body).header("idempotent-replayed"), "true");
  EXPECT_EQ(jobs(), 1U);
}

TEST_F(Idempotency, TheFirstMayStillBeUploading) {
  start();
  auto body = job_settings + file("files", "a.png", "AAAA") + form_end;
  auto slow = client();
  auto request =
    post("/api/jobs", body, form_type + with_key + "Expect: 100-continue\r\n" + auth());
  auto head = request.find("\r\n\r\n") + 4;
  slow.send(request.substr(0, head));
  EXPECT_EQ(slow.receive().status, 100); // so the key is taken
  auto got = send(job_settings + file("files", "a.png", "AAAB"));
  EXPECT_EQ(got.status, 409);
  EXPECT_NE(got.body.find("\"idempotency_in_progress\""), std::string::npos);
  slow.send(request.substr(head));
  EXPECT_EQ(slow.receive().status, 200);
  EXPECT_EQ(send(job_settings + file("files", "a.png", "AAAA")).header("idempotent-replayed"),
            "true");
}

TEST_F(Idempotency, AClientThatLeavesGivesItsKeyBack) {
  start();
  auto request = post("/api/jobs", job_settings + file("files", "a.png", "AAAA") + form_end,
                      form_type + with_key + auth());
  {
    auto gone = client();
    gone.send(request.substr(0, request.size() - 10));
  }
  raw_response got;
  for (int i = 0; i < 1000 && got.status != 200; ++i)
    got = send(job_settings + file("files", "a.png", "AAAA"));
  EXPECT_EQ(got.status, 200);
}

TEST_F(Idempotency, AnswersMayBeFollowedAtOnceByTheSameKey) {
  start();
  auto from = client();
  auto request = post("/api/jobs", job_settings + file("files", "a.png", "AAAA") + form_end,
                      form_type + with_key + auth());
  auto bad =
    post("/api/jobs", file("files", "a.png", "AAAA") + form_end, form_type + with_key + auth());
  for (int i = 0; i < 50; ++i) {
    EXPECT_EQ(from.ask(i % 2 == 0 ? bad : request).status, i == 0 ? 400 : i % 2 == 0 ? 422 : 200);
    if (i == 0)
      from = client();
  }
  EXPECT_EQ(jobs(), 1U);
}

TEST_F(Idempotency, AKeyIsPrintableAndNotTooLong) {
  start();
  auto body = job_settings + file("files", "a.png", "AAAA");
  EXPECT_EQ(send(body, "Idempotency-Key: " + std::string(255, 'k') + "\r\n").status, 200);
  EXPECT_EQ(send(body, "Idempotency-Key: " + std::string(256, 'k') + "\r\n").status, 400);
  EXPECT_EQ(send(body, "Idempotency-Key: caf\xC3\xA9\r\n").status, 400);
  EXPECT_EQ(send(body, "Idempotency-Key:\r\n").status, 400);
}

TEST_F(Idempotency, AKeyHoldsForADay) {
  start();
  auto body = job_settings + file("files", "a.png", "AAAA");
  auto first = send(body);
  auto record = *read_view{records}.idempotency(account, "once 1");
  record.created -= std::chrono::hours{24};
  write_batch batch{records};
  batch.put_idempotency(record);
  batch.commit();
  auto later = send(job_settings + file("files", "a.png", "other"));
  EXPECT_EQ(later.status, 200);
  EXPECT_EQ(later.header("idempotent-replayed"), "");
  EXPECT_EQ(jobs(), 2U);
}

} // namespace convertd
