// POST /api/jobs, from the bytes on the wire to what the actors get.
#include "http/make_durable.hpp"
#include "http/upload_form.hpp"
#include "http/upload_work.hpp"
#include "tests/http/form.hpp"
#include "tests/http/test_server.hpp"

#include <algorithm>
#include <deque>
#include <thread>
#include <unistd.h>

namespace convertd {

namespace {

class Submit : public TestServer {
protected:
  raw_response send(const std::string& parts, const std::string& who = key) {
    return client().ask(post("/api/jobs", parts + form_end, form_type + auth(who)));
  }
  bool nothing_on_disk() const {
    return files.live_folders().empty();
  }
};

} // namespace

TEST_F(Submit, HandsTheJobToTheActors) {
  start();
  auto got = send(file("files", "a.png", "AAAA") + job_settings + field("metadata", "{ \"k\" : 1 }")
                  + file("files", "dir/a.jpg", "BB"));
  ASSERT_EQ(got.status, 200) << got.body;
  auto all = actors.submitted();
  ASSERT_EQ(all.size(), 1U);
  const auto& what = all[0];
  EXPECT_EQ(got.body, "{\"jobId\":\"" + to_text(what.job.id) + "\",\"status\":\"pending\"}");
  EXPECT_EQ(what.job.account, account);
  EXPECT_EQ(what.job.files_total, 2U);
  EXPECT_EQ(what.job.source_bytes, 6U);
  EXPECT_TRUE(what.job.sources_inline);
  EXPECT_EQ(what.spec.metadata, "{\"k\":1}");
  EXPECT_EQ(what.spec.base_url, "http://test");
  EXPECT_EQ(what.sources->memory(), "AAAABB");
  EXPECT_EQ(what.files[0].target_name, "a.webp");
  EXPECT_EQ(what.files[1].source_name, "a.jpg");
  EXPECT_EQ(what.files[1].target_name, "a (2).webp");
  EXPECT_EQ(what.files[1].offset, 4U);
  EXPECT_EQ(what.files[1].length, 2U);
  EXPECT_TRUE(nothing_on_disk());
}

TEST_F(Submit, HoldsNoThreadWhileItsJobIsCommitted) {
  options.front.upload_threads = options.front.download_threads = options.front.query_threads = 1;
  start();
  actors.hold_submissions();
  auto first = client(), second = client(), third = client();
  for (auto* each : {&first, &second, &third})
    each->send(
      post("/api/jobs", job_settings + file("files", "a.png", "A") + form_end, form_type + auth()));
  EXPECT_TRUE(actors.waits_for_held(3));
  EXPECT_EQ(client().ask(get("/livez")).status, 200);
  actors.settle_all();
  for (auto* each : {&first, &second, &third})
    EXPECT_EQ(each->receive().status, 200);
  EXPECT_EQ(actors.submitted().size(), 3U);
}

TEST_F(Submit, AStopAnswersForJobsThatAreBeingCommitted) {
  start();
  actors.hold_submissions();
  auto from = client();
  from.send(
    post("/api/jobs", job_settings + file("files", "a.png", "A") + form_end, form_type + auth()));
  ASSERT_TRUE(actors.waits_for_held(1));
  std::thread stopping{[&] { server->drain(std::chrono::seconds{10}); }};
  while (client().connected()) // so it does drain, soon
    std::this_thread::yield();
  actors.settle_all();
  EXPECT_EQ(from.receive().status, 200);
  stopping.join();
}

TEST_F(Submit, AnswersAClientThatSendsNoMore) {
  start();
  actors.hold_submissions();
  auto from = client();
  from.send(
    post("/api/jobs", job_settings + file("files", "a.png", "A") + form_end, form_type + auth()));
  from.finish_sending();
  ASSERT_TRUE(actors.waits_for_held(1));
  EXPECT_EQ(client().ask(get("/livez")).status, 200); // the loop has seen both
  actors.settle_all();
  EXPECT_EQ(from.receive().status, 200);
}

TEST_F(Submit, HoldsTheThreadWhereMoreWouldBeTooMuchMemory) {
  options.front.upload_threads = 1;
  start();
  actors.hold_submissions();
  auto many = unsettled_bytes_max / inline_bytes_max + 3;
  std::deque<raw_client> clients;
  for (std::size_t i = 0; i < many; ++i) {
    clients.push_back(client());
    clients.back().send(
      post("/api/jobs",
           job_settings + file("files", "a.png", std::string(inline_bytes_max, 'x')) + form_end,
           form_type + auth()));
    EXPECT_TRUE(actors.waits_for_held(std::min(i + 1, many - 2)));
  }
  EXPECT_LE(job_receipt::unsettled_bytes, unsettled_bytes_max + inline_bytes_max);
  EXPECT_TRUE(actors.waits_for_held(many - 2));
  actors.settle_all();
  for (auto& each : clients)
    EXPECT_EQ(each.receive().status, 200);
  EXPECT_EQ(job_receipt::unsettled_bytes, 0U);
}

TEST_F(Submit, AJobWhoseClientLeftIsMadeAndCounts) {
  options.plans.front().requests_per_month = 1;
  start();
  actors.hold_submissions();
  {
    auto leaving = client();
    leaving.send(
      post("/api/jobs", job_settings + file("files", "a.png", "A") + form_end, form_type + auth()));
    ASSERT_TRUE(actors.waits_for_held(1));
  }
  EXPECT_EQ(send(job_settings + file("files", "b.png", "B")).status, 402);
  actors.settle_all();
  EXPECT_EQ(actors.submitted().size(), 1U);
  EXPECT_EQ(send(job_settings + file("files", "b.png", "B")).status, 402);
}

TEST_F(Submit, TakesACallbackAndNeverShowsItsSecret) {
  start();
  auto got = send(file("files", "a.png", "A") + job_settings
                  + field("callbackUrl", "https://a.example/") + field("callbackSecret", "hush"));
  ASSERT_EQ(got.status, 200) << got.body;
  auto what = actors.submitted().at(0);
  EXPECT_EQ(what.callback, (callback_record{"https://a.example/", "hush"}));
  EXPECT_EQ(got.body.find("hush"), std::string::npos);
}

TEST_F(Submit, RefusesACallbackThatIsNotPublic) {
  start();
  for (const auto* url : {"http://127.0.0.1/", "http://[::ffff:10.0.0.1]/", "ftp://a.example/"}) {
    auto got = send(file("files", "a.png", "A") + job_settings + field("callbackUrl", url));
    EXPECT_EQ(got.status, 400) << url;
    EXPECT_NE(got.body.find("callbackUrl"), std::string::npos);
  }
  EXPECT_TRUE(actors.submitted().empty());
  EXPECT_TRUE(nothing_on_disk());
}

TEST_F(Submit, KeepsLargeSourcesOnDisk) {
  start();
  std::string big(300'000, 'x');
  big += "\r\n--a\r\n";
  auto got =
    send(job_settings + file("files[0]", "a.png", big) + file("files[1]", "b.png", "tail"));
  ASSERT_EQ(got.status, 200) << got.body;
  auto what = actors.submitted().at(0);
  EXPECT_FALSE(what.job.sources_inline);
  auto source = files.open_source(what.job.id);
  ASSERT_TRUE(source);
  std::string bytes(big.size() + 4, '\0');
  ASSERT_EQ(::pread(source->get(), bytes.data(), bytes.size(), 0),
            static_cast<ssize_t>(bytes.size()));
  EXPECT_TRUE(bytes == big + "tail");
  EXPECT_EQ(what.files[1].offset, big.size());
}

TEST_F(Submit, LeavesNothingBehindWhenItFails) {
  start();
  actors.fail_submit_with({ec::queue_full, {}, {}, {}});
  auto got = send(job_settings + file("files", "a.png", std::string(300'000, 'x')));
  EXPECT_EQ(got.status, 503);
  EXPECT_EQ(got.header("retry-after"), "42");
  EXPECT_TRUE(nothing_on_disk());
}

TEST_F(Submit, TakesFilePartsOnlyWithoutFilesParts) {
  start();
  auto names = [&](const std::string& parts) {
    auto got = send(job_settings + parts);
    EXPECT_EQ(got.status, 200) << got.body;
    std::string out;
    auto all = actors.submitted();
    for (const auto& each : all.back().files)
      out += each.source_name + "@" + std::to_string(each.offset) + " ";
    return out;
  };
  EXPECT_EQ(names(file("file", "a", "1")), "a@0 ");
  EXPECT_EQ(names(file("files", "a", "1") + file("file", "b", "2")), "a@0 ");
  EXPECT_EQ(names(file("file", "b", "2") + file("files", "a", "1")), "a@1 ");
  EXPECT_EQ(names(file("file", "b", "2") + file("files", "", "")), "b@0 ");
  EXPECT_EQ(names(file("files", "", "") + file("file", "b", "2")), "b@0 ");
  EXPECT_EQ(names(file("files[]", "a", "1") + file("files[7]", "b", "2")), "a@0 b@1 ");
  EXPECT_EQ(names(file("filesystem", "a", "1") + file("files", "b", "2")), "b@0 ");
}

TEST_F(Submit, CountsEmptyFieldsAsAbsent) {
  start();
  EXPECT_EQ(
    send(job_settings + field("resize", "") + file("files", "", "") + file("files", "a", "1"))
      .status,
    200);
  EXPECT_EQ(actors.submitted().at(0).files.size(), 1U);
  EXPECT_EQ(send(job_settings + file("files", "", "")).status, 400);
}

TEST_F(Submit, IgnoresFieldsWithoutAName) {
  start();
  EXPECT_EQ(send(file("files", "a.png", "A") + field("", "[\"x\"]") + job_settings).status, 200);
}

TEST_F(Submit, SaysThatItDoesNotFetchBeforeAnythingElse) {
  start();
  auto got = send(field("format", "webp") + field("sourceUrl", "http://x/a.png"));
  EXPECT_EQ(got.status, 400);
  EXPECT_NE(got.body.find("source_url_not_offered"), std::string::npos) << got.body;
}

TEST_F(Submit, ReadsChunkedBodies) {
  start();
  auto body = job_settings + file("files", "a", "1234") + form_end;
  std::string request = "POST /api/jobs HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n"
                        + form_type + auth() + "\r\n";
  for (char each : body)
    request += std::string{"1\r\n"} + each + "\r\n";
  auto from = client();
  EXPECT_EQ(from.ask(request + "0\r\n\r\n" + get("/livez")).status, 200);
  EXPECT_EQ(from.receive().body, R"({"status":"ok"})");
  EXPECT_EQ(actors.submitted().at(0).sources->memory(), "1234");
}

TEST_F(Submit, InvitesABodyOnlyAfterLookingAtTheHead) {
  start();
  auto body = job_settings + file("files", "a", "1234") + form_end;
  auto head = [&](const std::string& who, const std::string& length) {
    return "POST /api/jobs HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: " + length
           + "\r\n" + form_type + auth(who) + "\r\n";
  };
  auto from = client();
  EXPECT_EQ(from.ask(head(key, std::to_string(body.size()))).status, 100);
  EXPECT_EQ(from.ask(body).status, 200);
  EXPECT_EQ(client().ask(head("wrong", "1000")).status, 401);
  EXPECT_EQ(client().ask(head(key, "99999999999999")).status, 413);
  EXPECT_EQ(client().ask(head("other-key", "200000")).status, 403);
  actors.refuse_with(failure{ec::storage_full, {}, {}, {}});
  EXPECT_EQ(client().ask(head(key, "1000")).status, 503);
}

TEST_F(Submit, SaysTooLargeWhileStillUploading) {
  start();
  auto from = client();
  from.send("POST /api/jobs HTTP/1.1\r\nHost: x\r\nContent-Length: 90000\r\n" + form_type
            + auth("other-key") + "\r\n" + job_settings
            + "--b\r\nContent-Disposition: form-data; name=files\r\n\r\n"
            + std::string(2'000, 'x'));
  auto got = from.receive(); // 88 kB have not been sent
  EXPECT_EQ(got.status, 413);
  EXPECT_NE(got.body.find("\"file_too_large\""), std::string::npos);
  EXPECT_EQ(got.header("connection"), "close");
  EXPECT_TRUE(from.send(std::string(50'000, 'x'))); // is read and dropped, not reset
  EXPECT_TRUE(from.ends());
  EXPECT_TRUE(nothing_on_disk());
}

TEST_F(Submit, BoundsChunkedBodies) {
  options.front.body_bytes_max = 10'000;
  start();
  auto from = client();
  from.send("POST /api/jobs HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n" + form_type
            + auth() + "\r\n4000\r\n" + std::string(0x4000, 'x'));
  EXPECT_EQ(from.receive().status, 413);
}

TEST_F(Submit, KeepsThePlansBounds) {
  start();
  auto three = file("files", "a", "1") + file("files", "b", "2") + file("files", "c", "3");
  auto got = send(job_settings + three, "other-key");
  EXPECT_EQ(got.status, 403);
  EXPECT_NE(got.body.find("\"too_many_files\""), std::string::npos);
  EXPECT_EQ(
    send(job_settings + file("files", "a", "1") + file("files", "b", "2"), "other-key").status,
    200);
}

TEST_F(Submit, TurnsSlowUploadsAway) {
  options.front.body_rate_window = std::chrono::milliseconds{600};
  start();
  auto from = client();
  auto got = from.ask("POST /api/jobs HTTP/1.1\r\nHost: x\r\nContent-Length: 90000\r\n" + form_type
                      + auth() + "\r\n" + job_settings);
  EXPECT_EQ(got.status, 408);
}

TEST_F(Submit, RefusesBodiesThatBreakOff) {
  start();
  auto from = client();
  from.send("POST /api/jobs HTTP/1.1\r\nHost: x\r\nContent-Length: 90000\r\n" + form_type + auth()
            + "\r\n" + job_settings);
  from.finish_sending();
  EXPECT_EQ(from.receive().status, 408);
  EXPECT_EQ(client().ask(post("/api/jobs", job_settings, form_type + auth())).status, 400);
  EXPECT_TRUE(actors.submitted().empty());
}

TEST_F(Submit, WantsMultipart) {
  start();
  EXPECT_EQ(
    client().ask(post("/api/jobs", "{}", "Content-Type: application/json\r\n" + auth())).status,
    400);
  EXPECT_EQ(client().ask(post("/api/jobs", "", auth())).status, 400);
}

TEST_F(Submit, BoundsFields) {
  start();
  EXPECT_EQ(send(job_settings + field("note", std::string(field_bytes_max + 1, 'x'))).status, 400);
  std::string list = "[\"webp\"";
  while (list.size() < 2 * field_bytes_max)
    list += ",\"webp\"";
  auto got = send(job_settings + field("formats", list + "]") + file("files", "a", "1"));
  EXPECT_NE(got.body.find("\"array_length\""), std::string::npos) << got.body;
}

TEST(UploadReads, EndAtAMultipleOfAPieceAndAreNeverSmall) {
  for (std::uint64_t size : {0, 1, 540, 98'303, 98'304, 98'305, 131'071, 131'072, 400'000}) {
    EXPECT_EQ((size + bytes_to_read(size)) % upload_piece_bytes, 0U) << size;
    EXPECT_GE(bytes_to_read(size), upload_read_bytes_least) << size;
    EXPECT_LE(bytes_to_read(size), upload_piece_bytes + upload_read_bytes_least) << size;
  }
}

} // namespace convertd
