// Bodies that arrive in pieces: they hold no thread, keep little memory, and are given up when they
// are too slow.
#include "tests/http/form.hpp"
#include "tests/http/test_server.hpp"

#include <cstdio>
#include <thread>

namespace convertd {

namespace {

using namespace std::chrono_literals;

const std::string file_head =
  "--b\r\nContent-Disposition: form-data; name=\"files\"; filename=\"a.png\"\r\n\r\n";
const std::string file_end = "\r\n" + form_end;

class SlowBodies : public TestServer {
protected:
  static std::string head(const std::string& framing) {
    return "POST /api/jobs HTTP/1.1\r\nHost: x\r\n" + form_type + framing + "\r\n" + auth()
           + "\r\n";
  }
  static std::string sized(std::size_t size) {
    return head("Content-Length: " + std::to_string(size));
  }
};

} // namespace

TEST_F(SlowBodies, HoldNoThread) {
  options.front.upload_threads = 1;
  start();
  auto body = job_settings + file_head + std::string(1000, 'x') + file_end;
  std::vector<raw_client> slow;
  for (int i = 0; i < 50; ++i) {
    slow.push_back(client());
    slow.back().send(sized(body.size()) + body.substr(0, 500));
  }
  auto honest = client().ask(sized(body.size()) + body);
  EXPECT_EQ(honest.status, 200);
  for (auto& each : slow)
    each.send(body.substr(500));
  for (auto& each : slow)
    EXPECT_EQ(each.receive().status, 200);
  EXPECT_EQ(actors.submitted().size(), 51U);
}

TEST_F(SlowBodies, ArePutTogetherFromPieces) {
  start();
  auto body = job_settings + file_head + std::string(3000, 'x') + file_end;
  for (const auto& framing : {sized(body.size()), head("Transfer-Encoding: chunked")}) {
    bool chunked = framing.find("chunked") != std::string::npos;
    auto from = client();
    from.send(framing);
    for (std::size_t at = 0; at < body.size(); at += 700) {
      auto piece = body.substr(at, 700);
      char size[16];
      std::snprintf(size, sizeof size, "%zx\r\n", piece.size());
      from.send(chunked ? size + piece + "\r\n" : piece);
      std::this_thread::sleep_for(5ms);
    }
    if (chunked)
      from.send("0\r\n\r\n");
    auto got = from.receive();
    EXPECT_EQ(got.status, 200) << got.body;
    EXPECT_EQ(from.ask(get("/livez")).status, 200); // and the connection goes on
  }
  for (const auto& each : actors.submitted())
    EXPECT_EQ(each.files.at(0).length, 3000U);
}

TEST_F(SlowBodies, KeepTheirFilesOnDisk) {
  start();
  auto from = client();
  auto body = job_settings + file_head + "one" + std::string(100, 'x');
  from.send(sized(body.size() + file_end.size()) + body);
  auto quick = job_settings + file_head + "two" + file_end;
  EXPECT_EQ(client().ask(sized(quick.size()) + quick).status, 200);
  from.send(file_end);
  EXPECT_EQ(from.receive().status, 200);
  auto all = actors.submitted();
  ASSERT_EQ(all.size(), 2U);
  EXPECT_TRUE(all[0].job.sources_inline); // it did not have to wait
  EXPECT_FALSE(all[1].job.sources_inline);
}

TEST_F(SlowBodies, AreGivenUpBelowTheLeastRate) {
  options.front.body_rate_window = 60ms;
  start();
  for (const char* framing : {"Content-Length: 100000", "Transfer-Encoding: chunked"}) {
    auto from = client();
    from.send(head(framing));
    auto got = from.receive();
    EXPECT_EQ(got.status, 408) << framing;
    EXPECT_NE(got.body.find("slower than allowed"), std::string::npos);
    EXPECT_TRUE(from.ends());
  }
}

TEST_F(SlowBodies, AreGivenUpAfterTheLongestTime) {
  options.front.rate_min = 0;
  options.front.body_time_max = 80ms;
  start();
  auto from = client();
  from.send(sized(100'000));
  auto got = from.receive();
  EXPECT_EQ(got.status, 408);
  EXPECT_NE(got.body.find("longer than allowed"), std::string::npos);
}

TEST_F(SlowBodies, AreRefusedWhenTheClientLeaves) {
  start();
  auto from = client();
  from.send(sized(100'000) + "--b");
  from.finish_sending();
  EXPECT_EQ(from.receive().status, 408);
}

TEST_F(SlowBodies, MayNotPileFieldsUpInMemory) {
  options.front.body_rate_window = 20ms;
  options.front.rate_min = 0;
  start();
  auto field = job_settings + "--b\r\nContent-Disposition: form-data; name=\"metadata\"\r\n\r\n"
               + std::string(60'000, ' ');
  std::vector<raw_client> greedy;
  for (int i = 0; i < 160; ++i) {
    greedy.push_back(client());
    greedy.back().send(sized(10'000'000) + field);
  }
  auto lines = log.wait_for(1);
  ASSERT_FALSE(lines.empty());
  EXPECT_EQ(lines[0].status, 503);
  auto body = job_settings + file_head + "x" + file_end;
  EXPECT_EQ(client().ask(sized(body.size()) + body).status, 200);
}

TEST_F(SlowBodies, AreAwaitedWhileTheServerDrains) {
  start();
  auto body = job_settings + file_head + "x" + file_end;
  auto from = client();
  from.send(sized(body.size()) + body.substr(0, 100));
  std::this_thread::sleep_for(50ms);
  std::thread draining{[this] { server->drain(5s); }};
  std::this_thread::sleep_for(50ms);
  from.send(body.substr(100));
  auto got = from.receive();
  EXPECT_EQ(got.status, 200);
  EXPECT_EQ(got.header("connection"), "close");
  draining.join();
}

} // namespace convertd
