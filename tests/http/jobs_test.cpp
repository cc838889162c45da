// Looking at jobs, waiting for them, cancelling them.
#include "tests/http/test_server.hpp"

#include <simdjson.h>

namespace convertd {

namespace {

using namespace std::chrono_literals;

class Jobs : public TestServer {
protected:
  raw_response ask(const std::string& target, const std::string& fields = {}) {
    return client().ask(get(target, auth() + fields));
  }
  /// The answer's JSON; valid until the next call.
  simdjson::dom::element json(const raw_response& of) {
    EXPECT_TRUE(of.whole);
    return parser.parse(of.body);
  }
  simdjson::dom::parser parser;
};

std::string path_of(const job_record& job) {
  return "/api/jobs/" + to_text(job.id);
}

} // namespace

TEST_F(Jobs, AreShownAsTheContractSays) {
  start();
  auto job = add_job(2, 1);
  auto got = ask(path_of(job));
  ASSERT_EQ(got.status, 200);
  auto shown = json(got);
  EXPECT_EQ(std::string_view{shown["jobId"]}, to_text(job.id));
  EXPECT_EQ(std::string_view{shown["jobType"]}, "convert");
  EXPECT_EQ(std::string_view{shown["status"]}, "processing");
  EXPECT_EQ(std::uint64_t{shown["totalFiles"]}, 2U);
  EXPECT_EQ(std::uint64_t{shown["completedFiles"]}, 1U);
  EXPECT_EQ(std::uint64_t{shown["failedFiles"]}, 0U);
  EXPECT_TRUE(shown["errorMessage"].is_null());
  EXPECT_TRUE(shown["completedAt"].is_null());
  EXPECT_TRUE(shown["expiresAt"].is_null());
  EXPECT_TRUE(shown["metadata"].is_object());
  EXPECT_NE(shown["archive"].error(), simdjson::SUCCESS);
  auto result = shown["results"].at(0);
  EXPECT_EQ(std::uint64_t{result["index"]}, 0U);
  EXPECT_EQ(std::string_view{result["filename"]}, "photo 0.webp");
  EXPECT_EQ(std::string_view{result["mimeType"]}, "image/webp");
  EXPECT_EQ(std::uint64_t{result["originalSize"]}, 1000U);
  EXPECT_EQ(std::uint64_t{result["finalSize"]}, 100U);
  EXPECT_EQ(std::uint64_t{result["savedPercent"]}, 90U);
  EXPECT_EQ(std::uint64_t{result["appliedQuality"]}, 82U);
  EXPECT_TRUE(std::string_view{result["downloadUrl"]}.starts_with("http://test/api/files/"));
}

TEST_F(Jobs, HaveNoResultsBeforeTheFirstFileEnds) {
  start();
  EXPECT_TRUE(json(ask(path_of(add_job(2, 0))))["results"].is_null());
}

TEST_F(Jobs, ShowWhyAFileFailed) {
  start();
  auto job = add_job(1, 0);
  auto file = file_of(0, false, 0);
  file.progress.state = file_state::failed;
  file.progress.error = ec::decode_failed;
  job.state = job_state::failed;
  job.files_failed = 1;
  write_batch batch{records};
  batch.put_file(job.id, file);
  batch.put_job(job);
  batch.commit();
  auto got = ask(path_of(job));
  auto shown = json(got);
  EXPECT_TRUE(shown["errorMessage"].is_string());
  auto result = shown["results"].at(0);
  EXPECT_EQ(std::string_view{result["status"]}, "failed");
  EXPECT_EQ(std::string_view{result["filename"]}, "photo 0.png");
  EXPECT_EQ(std::string_view{result["errorCode"]}, "decode_failed");
  EXPECT_EQ(std::string_view{result["errorMessage"]}, sentence_of(ec::decode_failed));
}

TEST_F(Jobs, TellWhereTheTimeOfEachFileWent) {
  start();
  auto job = add_job(3, 1); // the first as records of before have it
  auto file = file_of(1, true, 100);
  file.started = timestamp{milliseconds{1}};
  file.result.stages = {.decode = 1'250us, .transform = 3us, .encode = 2s};
  file.result.store = 40us;
  auto compressed = file_of(2, true, 100);
  compressed.what.op = operation::compress;
  compressed.result.stages.compress = 1ms;
  job.files_completed = 3;
  job.state = job_state::completed;
  write_batch batch{records};
  batch.put_file(job.id, file);
  batch.put_file(job.id, compressed);
  batch.put_job(job);
  batch.commit();
  auto got = ask(path_of(job));
  auto results = json(got)["results"];
  EXPECT_TRUE(results.at(0)["startedAt"].is_null());
  EXPECT_TRUE(results.at(0)["stages"].is_null());
  EXPECT_EQ(std::string_view{results.at(1)["startedAt"]}, "1970-01-01T00:00:00.001Z");
  EXPECT_NE(got.body.find(R"("stages":{"decodeMs":1.250,"transformMs":0.003,"encodeMs":2000.000,)"
                          R"("storeMs":0.040})"),
            std::string::npos);
  EXPECT_NE(got.body.find(R"("stages":{"compressMs":1.000,"storeMs":0.000})"), std::string::npos);
}

TEST_F(Jobs, HaveNoLinksOnceErased) {
  start();
  auto job = add_job(1, 1);
  job.erased = true;
  write_batch batch{records};
  batch.put_job(job);
  batch.commit();
  EXPECT_EQ(ask(path_of(job)).body.find("downloadUrl"), std::string::npos);
}

TEST_F(Jobs, UseThePublicUrlForLinks) {
  options.public_url = "https://img.example.com";
  start();
  EXPECT_NE(ask(path_of(add_job(1, 1))).body.find("\"https://img.example.com/api/files/"),
            std::string::npos);
}

TEST_F(Jobs, StreamTheResultsOfLargeJobs) {
  start();
  auto job = add_job(10'000, 9'990);
  auto got = ask(path_of(job));
  EXPECT_EQ(got.header("transfer-encoding"), "chunked");
  std::uint64_t next = 0;
  for (auto each : json(got)["results"])
    EXPECT_EQ(std::uint64_t{each["index"]}, next++);
  EXPECT_EQ(next, 9'990U);
}

TEST_F(Jobs, StreamResultsToHttp10Clients) {
  start();
  auto job = add_job(1'000, 1'000);
  auto from = client();
  auto got = from.ask("GET " + path_of(job) + " HTTP/1.0\r\nHost: x\r\n" + auth() + "\r\n");
  EXPECT_EQ(got.header("transfer-encoding"), "");
  EXPECT_EQ(got.header("connection"), "close");
  EXPECT_EQ(json(got)["results"].get_array().size(), 1'000U);
}

TEST_F(Jobs, GiveAPartOfTheResults) {
  start();
  auto job = add_job(1'000, 990);
  auto part = [&](const std::string& query) {
    std::vector<std::uint64_t> indexes;
    for (auto each : json(ask(path_of(job) + query))["results"])
      indexes.push_back(std::uint64_t{each["index"]});
    return indexes;
  };
  EXPECT_EQ(part("?resultsOffset=5&resultsLimit=3"), (std::vector<std::uint64_t>{5, 6, 7}));
  EXPECT_EQ(part("?resultsLimit=450").size(), 450U);
  EXPECT_EQ(part("?resultsOffset=700&resultsLimit=999").size(), 290U);
  EXPECT_TRUE(part("?resultsOffset=5000").empty());
  EXPECT_EQ(ask(path_of(job) + "?resultsLimit=x").status, 400);
  EXPECT_EQ(ask(path_of(job) + "?resultsLimit=0").status, 400);
}

TEST_F(Jobs, OfOthersDoNotExist) {
  start();
  auto job = add_job(1, 1);
  auto from = client();
  EXPECT_EQ(from.ask(get(path_of(job), auth("other-key"))).status, 404);
  EXPECT_EQ(from.ask(get(path_of(job))).status, 401);
  EXPECT_EQ(from.ask(get(path_of(job), auth("wrong"))).status, 401);
  EXPECT_EQ(from.ask(get(path_of(job), "x-api-key: " + std::string{key} + "\r\n")).status, 200);
  EXPECT_EQ(from.ask(get("/api/jobs/nonsense", auth())).status, 404);
  EXPECT_EQ(from.ask(get("/api/jobs/" + to_text(mint<job_id>(wall_clock())), auth())).status, 404);
}

TEST_F(Jobs, AreListedNewestFirst) {
  start();
  std::vector<std::string> ids;
  for (int i = 0; i < 5; ++i)
    ids.push_back(to_text(add_job(1, i % 2 == 0 ? 1 : 0).id));
  auto got = ask("/api/jobs?limit=2&offset=1");
  auto shown = json(got);
  EXPECT_EQ(shown["jobs"].get_array().size(), 2U);
  EXPECT_NE(shown["jobs"].at(0)["results"].error(), simdjson::SUCCESS);
  EXPECT_EQ(std::uint64_t{shown["pagination"]["total"]}, 5U);
  EXPECT_TRUE(bool{shown["pagination"]["hasMore"]});
  auto completed = ask("/api/jobs?status=completed");
  EXPECT_EQ(std::uint64_t{json(completed)["pagination"]["total"]}, 3U);
  EXPECT_EQ(std::uint64_t{json(completed)["pagination"]["limit"]}, 20U);
  EXPECT_FALSE(bool{json(completed)["pagination"]["hasMore"]});
}

TEST_F(Jobs, ListsCheckTheirParameters) {
  start();
  for (const char* query :
       {"limit=0", "limit=101", "limit=x", "offset=-1", "status=uploading", "status=x"})
    EXPECT_EQ(ask(std::string{"/api/jobs?"} + query).status, 400) << query;
}

TEST_F(Jobs, AreCancelled) {
  start();
  auto job = add_job(1, 0);
  auto remove = [&](const std::string& query) {
    return client().ask("DELETE " + path_of(job) + query + " HTTP/1.1\r\nHost: x\r\n" + auth()
                        + "\r\n");
  };
  auto got = remove("");
  EXPECT_EQ(got.status, 409);
  EXPECT_NE(got.body.find("\"not_cancellable\""), std::string::npos);
  got = remove("?force=true");
  EXPECT_EQ(got.status, 200);
  EXPECT_EQ(got.body, "{\"success\":true,\"jobId\":\"" + to_text(job.id)
                        + "\",\"status\":\"failed\",\"message\":\"Job was cancelled.\"}");
  EXPECT_EQ(remove("?force=maybe").status, 400);
}

TEST_F(Jobs, WaitUntilTheyAreFinal) {
  start();
  auto job = add_job(1, 0);
  auto from = client();
  from.send(get(path_of(job) + "?wait=30", auth() + "X-Request-Id: waits\r\n"));
  // A second request, so that the first has been parked or is on its way; both orders must work.
  EXPECT_EQ(ask("/api/jobs").status, 200);
  finish(job);
  auto got = from.receive();
  EXPECT_EQ(got.status, 200);
  EXPECT_EQ(got.header("x-request-id"), "waits");
  EXPECT_EQ(std::string_view{json(got)["status"]}, "completed");
  auto lines = log.wait_for(2);
  EXPECT_EQ(lines.size(), 2U);                    // once each
  EXPECT_EQ(from.ask(get("/livez")).status, 200); // the connection lives on
}

TEST_F(Jobs, AnswerAtOnceWhenTheyAreFinal) {
  start();
  EXPECT_EQ(ask(path_of(add_job(1, 1)) + "?wait=30").status, 200);
}

TEST_F(Jobs, AnswerWhatThereIsWhenTheWaitIsOver) {
  start();
  auto job = add_job(1, 0);
  auto began = std::chrono::steady_clock::now();
  auto got = ask(path_of(job), "Prefer: respond-async, wait=1\r\n");
  EXPECT_GE(std::chrono::steady_clock::now() - began, std::chrono::seconds{1});
  EXPECT_EQ(std::string_view{json(got)["status"]}, "processing");
  EXPECT_EQ(ask(path_of(job) + "?wait=0").status, 200);
  EXPECT_EQ(ask(path_of(job) + "?wait=x").status, 400);
}

TEST_F(Jobs, KeepManyWaitingClientsWithoutThreads) {
  start();
  auto job = add_job(1, 0);
  auto still = add_job(1, 0);
  std::vector<raw_client> waiting;
  for (int i = 0; i < 200; ++i) {
    waiting.push_back(client());
    waiting.back().send(get(path_of(job) + "?wait=60", auth()));
  }
  auto other_wait = client();
  other_wait.send(get(path_of(still) + "?wait=60", auth()));
  EXPECT_EQ(ask("/api/jobs").status, 200);
  for (int i = 0; i < 20; ++i) // rings that change nothing send everybody back to sleep
    ring(job);
  waiting.erase(waiting.begin(), waiting.begin() + 50); // these went away
  finish(job);
  for (auto& each : waiting)
    EXPECT_EQ(std::string_view{json(each.receive())["status"]}, "completed");
  finish(still);
  EXPECT_EQ(std::string_view{json(other_wait.receive())["status"]}, "completed");
}

TEST_F(Jobs, LoseNoRingBetweenLookingAndSleeping) {
  start();
  for (int i = 0; i < 200; ++i) { // the ring comes at every moment of the other side's work
    auto job = add_job(1, 0);
    auto from = client();
    from.send(get(path_of(job) + "?wait=60", auth()));
    finish(job);
    ASSERT_EQ(std::string_view{json(from.receive())["status"]}, "completed") << i;
  }
}

TEST_F(Jobs, AnswerWaitingClientsWhenTheServerStops) {
  start();
  auto job = add_job(1, 0);
  auto from = client();
  from.send(get(path_of(job) + "?wait=60", auth()));
  EXPECT_EQ(ask("/api/jobs").status, 200);
  std::thread draining{[this] { server->drain(std::chrono::seconds{10}); }};
  auto got = from.receive();
  // Drained before its head was read, it may be closed without an answer.
  if (got.status != 0) {
    EXPECT_EQ(std::string_view{json(got)["status"]}, "processing");
    EXPECT_EQ(got.header("connection"), "close");
  }
  EXPECT_TRUE(from.ends());
  draining.join();
}

} // namespace convertd
