// Who a request comes from, behind proxies and without.
#include "http/peer_address.hpp"
#include "tests/http/test_server.hpp"

#include <stdexcept>

namespace convertd {

namespace {

std::string counted(std::string_view text) {
  auto address = parse_address(text);
  return address ? address->counted_as() : "none";
}

std::string client_of(const proxy_list& proxies, const std::string& fields) {
  request_head head;
  EXPECT_FALSE(head.parse("GET / HTTP/1.1\r\nHost: x\r\n" + fields + "\r\n"));
  auto client = proxies.client_of(head);
  return client ? client->counted_as() : "none";
}

proxy_list proxies(std::vector<std::string> networks) {
  return proxy_list{networks};
}

class Proxies : public TestServer {
protected:
  /// A request that waits for a job, so that it stays.
  std::string waiting(const std::string& client) {
    return get("/api/jobs/" + to_text(job_.id) + "?wait=30",
               auth() + (client.empty() ? "" : "X-Forwarded-For: " + client + "\r\n"));
  }
  /// Begins a request that stays until its body comes: on return the server has counted it.
  static void begin_upload(raw_client& from, const std::string& forwarded) {
    from.send("POST /api/jobs HTTP/1.1\r\nHost: test\r\n" + auth() + forwarded
              + "Content-Type: multipart/form-data; boundary=x\r\nContent-Length: "
              + std::to_string(upload_body.size()) + "\r\nExpect: 100-continue\r\n\r\n");
    EXPECT_EQ(from.receive().status, 100);
  }

  static inline const std::string upload_body =
    "--x\r\nContent-Disposition: form-data; name=\"format\"\r\n\r\nwebp\r\n"
    "--x\r\nContent-Disposition: form-data; name=\"saveToStorage\"\r\n\r\ntrue\r\n"
    "--x\r\nContent-Disposition: form-data; name=\"files\"; filename=\"a.png\"\r\n\r\nA\r\n"
    "--x--\r\n";

  job_record job_ = add_job(2, 1);
};

} // namespace

TEST(PeerAddress, CountsAWholeNetworkOfIpv6AsOne) {
  EXPECT_EQ(counted("192.0.2.7"), "192.0.2.7");
  EXPECT_EQ(counted("::ffff:192.0.2.7"), "192.0.2.7");
  EXPECT_EQ(counted("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::");
  for (const char* text : {"", "localhost", "1.2.3", "1.2.3.4 ", "1.2.3.4/8", "::g"})
    EXPECT_EQ(counted(text), "none") << text;
}

TEST(PeerAddress, IsReadAsProxiesWriteIt) {
  for (const char* text : {"192.0.2.7", " 192.0.2.7 ", "192.0.2.7:1234", "[::ffff:192.0.2.7]:80"})
    EXPECT_EQ(parse_forwarded(text)->counted_as(), "192.0.2.7") << text;
  for (const char* text : {"", "[", "[]", "unknown", "_hidden", ":80"})
    EXPECT_FALSE(parse_forwarded(text)) << text;
}

TEST(PeerAddress, BelongsToANetworkByItsFirstBits) {
  auto list = proxies({"10.0.0.0/8", "192.0.2.128/25", "::1", "2001:db8::/33"});
  for (const char* text : {"10.255.0.1", "192.0.2.200", "::1", "2001:db8:7fff::1"})
    EXPECT_TRUE(list.contains(*parse_address(text))) << text;
  for (const char* text : {"11.0.0.1", "192.0.2.127", "::2", "2001:db8:8000::1"})
    EXPECT_FALSE(list.contains(*parse_address(text))) << text;
  EXPECT_FALSE(proxies({}).contains(*parse_address("127.0.0.1")));
}

TEST(PeerAddress, RefusesNetworksThatAreNone) {
  for (const char* text : {"", "proxy", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/-1", "::/129"})
    EXPECT_THROW(proxies({text}), std::invalid_argument) << text;
}

TEST(PeerAddress, IsTheLastOneThatIsNoProxy) {
  auto list = proxies({"10.0.0.0/8"});
  EXPECT_EQ(client_of(list, "X-Forwarded-For: 1.1.1.1, 2.2.2.2, 10.0.0.1\r\n"), "2.2.2.2");
  EXPECT_EQ(client_of(list, "X-Forwarded-For: 1.1.1.1\r\nX-Forwarded-For: 3.3.3.3\r\n"), "3.3.3.3");
  EXPECT_EQ(client_of(list, "X-Forwarded-For: 1.1.1.1, nonsense\r\n"), "none");
  EXPECT_EQ(client_of(list, "X-Forwarded-For: 10.0.0.1, 10.0.0.2\r\n"), "none");
  EXPECT_EQ(client_of(list, ""), "none");
}

TEST_F(Proxies, RequestsCountByTheClientThatTheyName) {
  options.front.trusted_proxies = {"127.0.0.0/8"};
  options.front.connections_per_address_max = 1;
  start();
  auto first = client();
  auto second = client();
  auto third = client();
  begin_upload(first, "X-Forwarded-For: 192.0.2.1\r\n");
  second.send(waiting("192.0.2.2"));
  auto refused = third.ask(waiting("192.0.2.1"));
  EXPECT_EQ(refused.status, 503);
  EXPECT_NE(refused.body.find("\"too_many_connections\""), std::string::npos);
  EXPECT_EQ(first.ask(upload_body).status, 200);
  finish(job_);
  EXPECT_EQ(second.receive().status, 200);
  EXPECT_EQ(first.ask(waiting("192.0.2.1")).status, 200); // it is free again
}

TEST_F(Proxies, RequestsWithoutAClientCountAsTheProxysOwn) {
  options.front.trusted_proxies = {"127.0.0.0/8"};
  options.front.connections_per_address_max = 1;
  start();
  auto first = client();
  begin_upload(first, "");
  EXPECT_EQ(client().ask(waiting("")).status, 503);
  EXPECT_EQ(client().ask(waiting("nonsense")).status, 503);
  EXPECT_EQ(first.ask(upload_body).status, 200);
  finish(job_);
  EXPECT_EQ(client().ask(waiting("192.0.2.1")).status, 200);
}

TEST_F(Proxies, SayWhatLinksStartWith) {
  options.front.trusted_proxies = {"127.0.0.0/8"};
  start();
  auto path = "/api/jobs/" + to_text(add_job(1, 1).id);
  auto link = [&](const std::string& fields) {
    auto body = client().ask(get(path, auth() + fields)).body;
    auto at = body.find("\"downloadUrl\":\"") + 15;
    return body.substr(at, body.find("/api/files/", at) - at);
  };
  EXPECT_EQ(link("X-Forwarded-Proto: https\r\nX-Forwarded-Host: img.example:8443\r\n"),
            "https://img.example:8443");
  EXPECT_EQ(link("X-Forwarded-Proto: https\r\n"), "https://test");
  EXPECT_EQ(link("X-Forwarded-Host: evil.example, img.example\r\n"), "http://img.example");
  EXPECT_EQ(link("X-Forwarded-Host: a\"b\r\nX-Forwarded-Proto: ftp\r\n"), "http://test");
}

TEST_F(Proxies, OthersHaveNoSayInLinks) {
  start();
  auto path = "/api/jobs/" + to_text(add_job(1, 1).id);
  auto fields = "X-Forwarded-Proto: https\r\nX-Forwarded-Host: evil.example\r\n";
  EXPECT_NE(client().ask(get(path, auth() + fields)).body.find("\"http://test/api/files/"),
            std::string::npos);
}

TEST_F(Proxies, OthersAreCountedByTheirOwnAddress) {
  options.front.trusted_proxies = {"192.0.2.0/24"};
  options.front.connections_per_address_max = 1;
  start();
  auto first = client();
  begin_upload(first, "X-Forwarded-For: 192.0.2.1\r\n");
  EXPECT_EQ(client().ask(waiting("192.0.2.2")).status, 503);
}

} // namespace convertd
