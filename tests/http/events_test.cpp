// Events of a job over a real socket; the test plays the actors.
#include "http/live_stream.hpp"
#include "tests/http/test_server.hpp"

namespace convertd {

namespace {

struct event {
  std::string name;
  std::string id;
  std::string data;
};

/// Takes a stream apart, as a browser would.
std::vector<event> events_in(std::string_view text) {
  std::vector<event> out;
  event now;
  while (!text.empty()) {
    auto line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    if (line.empty() && !now.name.empty())
      out.push_back(std::exchange(now, {}));
    else if (line.starts_with("event: "))
      now.name = line.substr(7);
    else if (line.starts_with("id: "))
      now.id = line.substr(4);
    else if (line.starts_with("data: "))
      now.data = line.substr(6);
  }
  return out;
}

class Events : public TestServer {
protected:
  static std::string path_of(const job_record& job) {
    return "/api/jobs/" + to_text(job.id) + "/events";
  }
  raw_response ask(const job_record& job, const std::string& fields = {}) {
    return client().ask(get(path_of(job), auth() + fields));
  }

  /// A job whose first `ended` files have ended with the change numbers 1, 2, 3 …
  job_record numbered_job(std::uint32_t count, std::uint32_t ended) {
    auto job = add_job(count, ended);
    job.change = 1;
    write_batch batch{records};
    for (std::uint32_t i = 0; i < ended; ++i)
      put_ended(batch, job, i);
    batch.put_spec(
      job.id,
      {.metadata = R"({"a":1})", .base_url = "https://base", .request_id = {}, .trace_parent = {}});
    batch.put_job(job);
    batch.commit();
    return job;
  }
  void put_ended(write_batch& batch, job_record& job, std::uint32_t index) {
    auto file = file_of(index, true, 100);
    file.change = ++job.change;
    batch.put_file(job.id, file);
  }
  void end_file(job_record& job, std::uint32_t index) {
    write_batch batch{records};
    put_ended(batch, job, index);
    if (++job.files_completed == job.files_total)
      job.state = job_state::completed;
    batch.put_job(job);
    batch.commit();
    ring(job);
  }

  static std::vector<std::string> names(const std::vector<event>& of) {
    std::vector<std::string> out;
    for (const auto& each : of)
      out.push_back(each.name);
    return out;
  }
};

using words = std::vector<std::string>;

} // namespace

TEST_F(Events, OfAFinalJobAreAllThereIs) {
  start();
  auto job = numbered_job(20, 20);
  auto got = ask(job);
  EXPECT_EQ(got.status, 200);
  EXPECT_TRUE(got.whole);
  EXPECT_EQ(got.header("content-type"), "text/event-stream");
  EXPECT_EQ(got.header("cache-control"), "no-store");
  EXPECT_EQ(got.header("x-accel-buffering"), "no");
  auto all = events_in(got.body);
  ASSERT_EQ(all.size(), 22U);
  EXPECT_EQ(all.front().name, "job"); // at once
  EXPECT_EQ(all.front().id, "");      // its files have not been told of yet
  EXPECT_NE(all.front().data.find("\"metadata\":{\"a\":1}"), std::string::npos);
  EXPECT_EQ(all.front().data.find("results"), std::string::npos);
  EXPECT_EQ(all[1].name, "file");
  EXPECT_EQ(all[1].id, "2");
  EXPECT_NE(all[1].data.find("\"downloadUrl\":\"https://base/api/files/"), std::string::npos);
  EXPECT_EQ(all.back().name, "job");
  EXPECT_EQ(all.back().id, "21");
}

TEST_F(Events, GoOnAfterTheLastIdThatWasSeen) {
  start();
  auto job = numbered_job(10, 10);
  auto all = events_in(ask(job, "Last-Event-ID: 8\r\n").body);
  EXPECT_EQ(names(all), (words{"job", "file", "file", "file", "job"}));
  EXPECT_EQ(all[1].id, "9");
  EXPECT_EQ(names(events_in(ask(job, "Last-Event-ID: 11\r\n").body)), words{"job"});
  EXPECT_EQ(names(events_in(ask(job, "Last-Event-ID: 4711\r\n").body)), words{"job"});
  EXPECT_EQ(events_in(ask(job, "Last-Event-ID: nonsense\r\n").body).size(), 12U);
}

TEST_F(Events, ComeAsFilesEnd) {
  start();
  auto job = numbered_job(3, 0);
  std::thread actors_at_work{[&] {
    for (std::uint32_t i = 0; i < 3; ++i)
      end_file(job, i);
  }};
  auto got = ask(job);
  actors_at_work.join();
  EXPECT_TRUE(got.whole);
  auto all = events_in(got.body);
  words ids;
  for (const auto& each : all)
    if (each.name == "file")
      ids.push_back(each.id);
  EXPECT_EQ(ids, (words{"2", "3", "4"}));
  EXPECT_EQ(all.back().name, "job");
  EXPECT_NE(all.back().data.find("\"status\":\"completed\""), std::string::npos);
}

TEST_F(Events, LoseNoRingBetweenLookingAndSleeping) {
  start();
  for (int i = 0; i < 100; ++i) { // the ring comes at every moment of the other side's work
    auto job = numbered_job(1, 0);
    auto from = client();
    from.send(get(path_of(job), auth()));
    end_file(job, 0);
    ASSERT_EQ(events_in(from.receive().body).back().id, "2") << i;
  }
}

TEST_F(Events, OfACancelledJobHaveItsOtherFilesToo) {
  start();
  auto job = numbered_job(30, 2);
  job.state = job_state::failed;
  job.error = ec::cancelled;
  job.change = 40;
  write_batch batch{records};
  batch.put_job(job);
  batch.commit();
  auto all = events_in(ask(job).body);
  EXPECT_EQ(all.size(), 32U);
  EXPECT_EQ(all[2].id, "3");
  EXPECT_EQ(all[3].id, ""); // none of them has a number of its own
  EXPECT_NE(all[3].data.find("\"errorCode\":\"cancelled\""), std::string::npos);
  EXPECT_EQ(all.back().id, "40");
  EXPECT_EQ(events_in(ask(job, "Last-Event-ID: 3\r\n").body).size(), 30U);
  EXPECT_EQ(events_in(ask(job, "Last-Event-ID: 40\r\n").body).size(), 1U);
}

TEST_F(Events, OfOthersDoNotExist) {
  start();
  auto job = numbered_job(1, 1);
  EXPECT_EQ(client().ask(get(path_of(job), auth("other-key"))).status, 404);
  EXPECT_EQ(client().ask(get(path_of(job))).status, 401);
}

TEST_F(Events, AreNotSentToWhoAsksForTheHeadOnly) {
  start();
  auto job = numbered_job(1, 0);
  auto from = client();
  from.send("HEAD " + path_of(job) + " HTTP/1.1\r\nHost: x\r\n" + auth() + "\r\n");
  EXPECT_EQ(from.receive(true).status, 200);
  EXPECT_EQ(from.ask(get("/livez")).status, 200);
}

TEST_F(Events, GoToHttp10ClientsWithoutChunks) {
  start();
  auto job = numbered_job(2, 2);
  auto got = client().ask("GET " + path_of(job) + " HTTP/1.0\r\n" + auth() + "\r\n");
  EXPECT_EQ(got.header("transfer-encoding"), "");
  EXPECT_EQ(events_in(got.body).size(), 4U);
}

TEST_F(Events, ReachAClientThatReadsSlowly) {
  start();
  auto job = numbered_job(30'000, 30'000); // about 10 MB of events: more than the kernel keeps
  auto from = client();
  from.send(get(path_of(job), auth()));
  EXPECT_EQ(ask(numbered_job(1, 1)).status, 200); // nobody waits behind it
  EXPECT_EQ(events_in(from.receive().body).size(), 30'002U);
}

TEST_F(Events, EndWhenTheServerStops) {
  start();
  auto job = numbered_job(2, 1);
  auto from = client();
  from.send(get(path_of(job), auth()));
  EXPECT_EQ(ask(numbered_job(1, 1)).status, 200);
  std::thread draining{[this] { server->drain(std::chrono::seconds{10}); }};
  auto got = from.receive();
  draining.join();
  if (got.status != 0) { // drained before its head was read, it may be closed without an answer
    EXPECT_TRUE(got.whole);
    EXPECT_EQ(names(events_in(got.body)), (words{"job", "file", "job"}));
  }
}

TEST_F(Events, AreLoggedOnce) {
  start();
  EXPECT_EQ(ask(numbered_job(1, 1)).status, 200);
  auto lines = log.wait_for(1);
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_EQ(lines[0].status, 200);
  EXPECT_GT(lines[0].bytes, 300U);
  EXPECT_EQ(lines[0].account, account);
}

TEST_F(Events, HoldNoThreads) {
  start();
  auto job = numbered_job(1, 0);
  std::vector<raw_client> watching;
  for (int i = 0; i < 300; ++i) {
    watching.push_back(client());
    watching.back().send(get(path_of(job), auth()));
  }
  EXPECT_EQ(client().ask(get("/livez")).status, 200);
  watching.erase(watching.begin(), watching.begin() + 50); // these went away
  end_file(job, 0);
  for (auto& each : watching)
    EXPECT_EQ(events_in(each.receive().body).back().id, "2");
}

} // namespace convertd
