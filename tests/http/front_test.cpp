// The front over real sockets: framing, keep-alive, bounds. What a request means is tested
// elsewhere.
#include "http/listener.hpp"
#include "tests/http/test_server.hpp"

#include <algorithm>
#include <filesystem>
#include <thread>

namespace convertd {

namespace {

class Front : public TestServer {
protected:
  static constexpr std::size_t more_than_sockets_hold = 16 * 1024 * 1024;

  /// Announces more than may be sent, and sends a part of it without a look at the answer.
  static bool sends_on(raw_client& from) {
    from.send("POST /api/jobs HTTP/1.1\r\nHost: test\r\n" + auth()
              + "Content-Type: multipart/form-data; boundary=x\r\n"
                "Content-Length: 99999999\r\n\r\n");
    return from.send(std::string(more_than_sockets_hold, 'x'));
  }
};

std::size_t thread_count() {
  std::size_t count = 0;
  for ([[maybe_unused]] const auto& each : std::filesystem::directory_iterator{"/proc/self/task"})
    ++count;
  return count;
}

} // namespace

TEST_F(Front, AnswersManyRequestsOnOneConnection) {
  start();
  auto from = client();
  for (int i = 0; i < 20; ++i) {
    auto got = from.ask(get("/livez"));
    EXPECT_EQ(got.status, 200);
    EXPECT_EQ(got.body, R"({"status":"ok"})");
    EXPECT_EQ(got.header("content-type"), "application/json");
    EXPECT_EQ(got.header("x-content-type-options"), "nosniff");
    EXPECT_FALSE(got.header("x-request-id").empty());
    EXPECT_EQ(got.header("connection"), "");
  }
}

TEST_F(Front, KeepsTheOrderOfPipelinedRequests) {
  start();
  auto from = client();
  std::string all;
  for (int i = 0; i < 30; ++i)
    all += get("/livez", "X-Request-Id: r" + std::to_string(i) + "\r\n");
  from.send(all);
  for (int i = 0; i < 30; ++i)
    EXPECT_EQ(from.receive().header("x-request-id"), "r" + std::to_string(i));
}

TEST_F(Front, ReadsAHeadThatDripsIn) {
  start();
  auto from = client();
  for (char each : get("/livez"))
    from.send(std::string_view{&each, 1});
  EXPECT_EQ(from.receive().status, 200);
}

TEST_F(Front, EchoesOnlySaneRequestIds) {
  start();
  auto from = client();
  EXPECT_EQ(from.ask(get("/livez", "X-Request-Id: a.B-c_1\r\n")).header("x-request-id"), "a.B-c_1");
  EXPECT_NE(from.ask(get("/livez", "X-Request-Id: a b\r\n")).header("x-request-id"), "a b");
  auto tall = std::string(65, 'a');
  EXPECT_NE(from.ask(get("/livez", "X-Request-Id: " + tall + "\r\n")).header("x-request-id"), tall);
}

TEST_F(Front, ClosesWhenTheClientAsksForIt) {
  start();
  auto from = client();
  EXPECT_EQ(from.ask(get("/livez", "Connection: close\r\n")).header("connection"), "close");
  EXPECT_TRUE(from.ends());
}

TEST_F(Front, SpeaksHttp10) {
  start();
  auto from = client();
  auto got = from.ask("GET /livez HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_EQ(got.header("connection"), "keep-alive");
  EXPECT_EQ(from.ask("GET /livez HTTP/1.0\r\n\r\n").header("connection"), "close");
  EXPECT_TRUE(from.ends());
}

TEST_F(Front, HeadWorksWhereGetDoes) {
  start();
  auto from = client();
  from.send("HEAD /livez HTTP/1.1\r\nHost: x\r\n\r\n");
  auto got = from.receive(true);
  EXPECT_EQ(got.status, 200);
  EXPECT_EQ(got.header("content-length"), "15");
  EXPECT_EQ(got.header("accept-ranges"), "");
  EXPECT_EQ(from.ask(get("/livez")).status, 200);
}

TEST_F(Front, NeverCompressesNorCutsRanges) {
  start();
  auto got = client().ask(get("/livez", "Accept-Encoding: gzip, br\r\nRange: bytes=0-1,2-3\r\n"));
  EXPECT_EQ(got.status, 200);
  EXPECT_EQ(got.header("content-encoding"), "");
  EXPECT_EQ(got.body, R"({"status":"ok"})");
}

TEST_F(Front, TellsUnknownRoutesApart) {
  start();
  auto from = client();
  auto code = [&](std::string_view target) { return from.ask(get(target)).body; };
  EXPECT_NE(code("/api/media/trim").find("\"not_offered\""), std::string::npos);
  EXPECT_NE(code("/api").find("\"not_offered\""), std::string::npos);
  EXPECT_NE(code("/elsewhere").find("\"not_found\""), std::string::npos);
  EXPECT_NE(code("/apiary").find("\"not_found\""), std::string::npos);
  EXPECT_NE(code("/api/jobs/").find("\"not_offered\""), std::string::npos);
}

TEST_F(Front, NamesTheMethodsThatAreAllowed) {
  start();
  auto from = client();
  auto got = from.ask("PUT /api/jobs HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(got.status, 405);
  EXPECT_EQ(got.header("allow"), "POST, GET, HEAD");
  got = from.ask("BREW /api/jobs HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(got.status, 405);
  EXPECT_EQ(got.header("content-type"), "application/json");
}

TEST_F(Front, RefusesAmbiguousFramingAndCloses) {
  start();
  for (const char* fields : {"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
                             "Content-Length: 5\r\nContent-Length: 6\r\n", "Content-Length: 5x\r\n",
                             "Transfer-Encoding: xchunked\r\n"}) {
    auto from = client();
    auto got = from.ask("POST /api/jobs HTTP/1.1\r\nHost: x\r\n" + std::string{fields}
                        + "\r\n0\r\n\r\n" + get("/livez"));
    EXPECT_EQ(got.status, 400) << fields;
    EXPECT_NE(got.body.find("\"bad_request\""), std::string::npos);
    EXPECT_TRUE(from.ends()) << fields;
  }
}

TEST_F(Front, ServesNoBodyAsARequest) {
  start();
  auto inner = get("/livez", "X-Request-Id: smuggled\r\n");
  for (const auto& framing : {"Content-Length: " + std::to_string(inner.size() + 10) + "\r\n",
                              std::string{"Transfer-Encoding: chunked\r\n"}}) {
    auto from = client();
    auto got = from.ask("POST /api/jobs HTTP/1.1\r\nHost: x\r\n" + framing + "\r\n");
    EXPECT_EQ(got.status, 401);
    EXPECT_EQ(got.body, R"({"error":"Missing API key.","code":"missing_key"})");
    EXPECT_EQ(got.header("www-authenticate"), "Bearer");
    EXPECT_EQ(got.header("connection"), "close");
    from.send(inner);
    EXPECT_TRUE(from.ends());
  }
}

TEST_F(Front, SkipsABodyThatCameWithItsHead) {
  start();
  auto from = client();
  auto inner = get("/livez", "X-Request-Id: inner\r\n");
  from.send(post("/api/jobs", inner) + get("/livez", "X-Request-Id: outer\r\n"));
  EXPECT_EQ(from.receive().status, 401);
  EXPECT_EQ(from.receive().header("x-request-id"), "outer");
}

TEST_F(Front, TimesASlowHeadOut) {
  options.front.head_time_max = std::chrono::milliseconds{50};
  start();
  auto from = client();
  auto got = from.ask("GET /livez HTTP/1.1\r\nHost:");
  EXPECT_EQ(got.status, 408);
  EXPECT_NE(got.body.find("\"request_timeout\""), std::string::npos);
  EXPECT_TRUE(from.ends());
}

TEST_F(Front, BoundsTheHead) {
  start();
  auto from = client();
  auto got = from.ask("GET /livez HTTP/1.1\r\nX: " + std::string(head_bytes_max, 'a'));
  EXPECT_EQ(got.status, 431);
  EXPECT_TRUE(from.ends());
}

TEST_F(Front, ClosesIdleConnections) {
  options.front.idle_time_max = std::chrono::milliseconds{50};
  start();
  auto from = client();
  EXPECT_EQ(from.ask(get("/livez")).status, 200);
  EXPECT_TRUE(from.ends());
  EXPECT_TRUE(client().ends());
}

TEST_F(Front, CapsConnectionsOfAnAddress) {
  options.front.connections_per_address_max = 3;
  start();
  std::vector<raw_client> clients;
  for (int i = 0; i < 3; ++i) {
    clients.push_back(client());
    EXPECT_EQ(clients.back().ask(get("/livez")).status, 200);
  }
  auto refused = client();
  auto got = refused.receive();
  EXPECT_EQ(got.status, 503);
  EXPECT_NE(got.body.find("\"too_many_connections\""), std::string::npos);
  EXPECT_EQ(got.header("retry-after"), "1");
  EXPECT_TRUE(refused.ends());
  clients.pop_back();
  auto lines = log.wait_for(4);
  EXPECT_EQ(std::ranges::count(lines, 503, &request_line::status), 1);
}

TEST_F(Front, HoldsAThousandIdleConnectionsWithFewThreads) {
  start();
  auto before = thread_count();
  EXPECT_LT(before, 70U);
  std::vector<raw_client> idle;
  for (int i = 0; i < 1000; ++i) {
    idle.push_back(client());
    ASSERT_TRUE(idle.back().connected());
  }
  for (auto& each : idle)
    each.send("GET /li"); // and heads that have begun
  auto active = client();
  for (int i = 0; i < 100; ++i)
    EXPECT_EQ(active.ask(get("/livez")).status, 200);
  EXPECT_EQ(thread_count(), before);
  idle.front().send("vez HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(idle.front().receive().status, 200);
}

TEST_F(Front, ReportsEachRequestOnce) {
  start();
  auto from = client();
  from.ask(get("/livez?secret=1", "X-Request-Id: one\r\n"));
  from.ask(get("/api/jobs", auth()));
  from.ask("nonsense\r\n\r\n");
  auto lines = log.wait_for(3);
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_EQ(lines[0].method, "GET");
  EXPECT_EQ(lines[0].path, "/livez");
  EXPECT_EQ(lines[0].status, 200);
  EXPECT_EQ(lines[0].request_id, "one");
  EXPECT_GT(lines[0].bytes, 100U);
  EXPECT_EQ(lines[1].account, account);
  EXPECT_EQ(lines[2].status, 400);
}

TEST_F(Front, WhatTheSocketHasNoRoomForFollowsInOrder) {
  start();
  auto job = to_text(add_job(1, 1).id);
  constexpr int count = 20'000;
  auto from = client();
  std::thread sender{[&] {
    for (int i = 0; i < count; ++i)
      from.send(get("/api/jobs/" + job, auth() + "X-Request-Id: r" + std::to_string(i) + "\r\n"));
  }};
  EXPECT_TRUE(log.wait_for(1'000).size() >= 1'000); // nothing is read before
  for (int i = 0; i < count; ++i) {
    auto got = from.receive();
    ASSERT_EQ(got.status, 200);
    ASSERT_EQ(got.header("x-request-id"), "r" + std::to_string(i));
    ASSERT_NE(got.body.find(job), std::string::npos);
  }
  sender.join();
}

TEST_F(Front, ReadsOnUntilClientsHaveSeenThatTheyAreRefused) {
  options.front.body_bytes_max = 1024;
  options.front.linger_after_body.time = std::chrono::seconds{20};
  start();
  auto from = client();
  EXPECT_TRUE(sends_on(from));
  EXPECT_EQ(from.receive().status, 413);
}

TEST_F(Front, DoesNotReadOnForever) {
  options.front.body_bytes_max = 1024;
  options.front.linger_after_body.bytes = 4096;
  start();
  auto from = client();
  EXPECT_FALSE(sends_on(from));
}

TEST_F(Front, DoesNotReadOnAfterAHeadThatHasNoEnd) {
  options.front.linger_after_head.time = std::chrono::seconds{20};
  start();
  auto from = client();
  EXPECT_FALSE(from.send("GET /" + std::string(more_than_sockets_hold, 'x')));
}

TEST_F(Front, ReadsOnALittleOnlyWhereNobodySaidHowLongTheBodyIs) {
  options.front.body_bytes_max = 1024;
  options.front.linger_after_unsized_body.time = std::chrono::seconds{20};
  start();
  auto from = client();
  from.send(
    "POST /api/jobs HTTP/1.1\r\nHost: test\r\n" + auth()
    + "Content-Type: multipart/form-data; boundary=x\r\nTransfer-Encoding: chunked\r\n\r\n");
  EXPECT_FALSE(from.send("2000000\r\n" + std::string(2 * more_than_sockets_hold, 'x')));
}

TEST_F(Front, IsReadyUnlessItIsStopping) {
  start();
  auto from = client();
  EXPECT_EQ(from.ask(get("/readyz")).body, R"({"status":"ready"})");
  actors.refuse_with(failure{ec::queue_full, {}, {}, {}});
  EXPECT_EQ(from.ask(get("/readyz")).status, 200);
  actors.be_not_ready({"shutting_down"});
  auto got = from.ask(get("/readyz"));
  EXPECT_EQ(got.status, 503);
  EXPECT_EQ(got.body, R"({"status":"not_ready","reasons":["shutting_down"]})");
  EXPECT_EQ(got.header("retry-after"), "42");
}

TEST_F(Front, DrainsInOrder) {
  start();
  auto idle = client();
  EXPECT_EQ(idle.ask(get("/livez")).status, 200);
  server->drain(std::chrono::seconds{5});
  EXPECT_TRUE(idle.ends());
  EXPECT_FALSE(client().connected());
}

TEST_F(Front, StopsWithRequestsUnderWay) {
  start();
  auto slow = client();
  slow.send(
    "POST /api/jobs HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 100000\r\n"
    "Content-Type: multipart/form-data; boundary=b\r\n"
    + auth() + "\r\n");
  EXPECT_EQ(slow.receive().status, 100); // it is being read now
  server->stop();
  slow.finish_sending();
  SUCCEED();
}

TEST_F(Front, RefusesAddressesThatAreNone) {
  options.front.address = "localhost";
  EXPECT_THROW(start(), std::invalid_argument);
}

TEST_F(Front, TakesAnInheritedSocket) {
  front_options inherited;
  inherited.port = 0;
  auto listener = open_listener(inherited);
  auto port = port_of(listener.get());
  options.front.listen_fd = ::dup(listener.get());
  start();
  EXPECT_EQ(server->port(), port);
  EXPECT_EQ(client().ask(get("/livez")).status, 200);
}

} // namespace convertd
