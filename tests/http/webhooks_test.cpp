// Webhooks and deliveries over HTTP.
#include "http/event_body.hpp"
#include "tests/http/test_server.hpp"

#include <simdjson.h>

namespace convertd {

namespace {

const std::string target = R"("https://a.example/hook")";
const std::string all_types =
  R"(["conversion.started","conversion.progress","conversion.completed","conversion.failed",)"
  R"("file.uploaded"])";

class Webhooks : public TestServer {
protected:
  raw_response send(const std::string& method, const std::string& path,
                    const std::string& body = {}, std::string_view who = key) {
    return client().ask(method + " " + path + " HTTP/1.1\r\nHost: test\r\n" + auth(who)
                        + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
  }
  raw_response make(const std::string& url = target, const std::string& types = all_types) {
    return send("POST", "/api/webhooks", R"({"url":)" + url + R"(,"eventTypes":)" + types + "}");
  }
  simdjson::dom::element json(const raw_response& of) {
    return parser.parse(of.body);
  }
  std::string made_id() {
    return std::string{std::string_view{json(make())["id"]}};
  }

  delivery_record add_delivery(delivery_state state, account_id owner) {
    delivery_record x;
    x.id = mint<delivery_id>(wall_clock());
    x.account = owner;
    x.webhook = parse_id<webhook_id>(made_id()).value();
    x.target = target_of(x.webhook);
    x.event = mint<event_id>(wall_clock());
    x.kind = event_kind::completed;
    x.job = mint<job_id>(wall_clock());
    x.state = state;
    x.http_status = 500;
    x.response = "no \xFF way";
    x.attempts = 3;
    x.created = x.since = x.next_attempt = wall_clock();
    write_batch batch{records};
    batch.put_delivery(x);
    batch.commit();
    return x;
  }

  simdjson::dom::parser parser;
};

} // namespace

TEST_F(Webhooks, AreMadeWithASecretThatIsShownOnce) {
  start();
  auto got = make();
  ASSERT_EQ(got.status, 200) << got.body;
  auto made = json(got);
  std::string id{std::string_view{made["id"]}};
  EXPECT_TRUE(parse_uuid(id));
  EXPECT_EQ(std::string_view{made["url"]}, "https://a.example/hook");
  EXPECT_EQ(made["eventTypes"].get_array().size(), 5U);
  EXPECT_TRUE(bool{made["active"]});
  EXPECT_TRUE(std::string_view{made["secret"]}.starts_with("whsec_"));
  EXPECT_EQ(got.header("cache-control"), "no-store");
  for (const auto& path : {"/api/webhooks/" + id, std::string{"/api/webhooks"}}) {
    auto shown = send("GET", path);
    EXPECT_EQ(shown.status, 200);
    EXPECT_NE(shown.body.find(id), std::string::npos);
    EXPECT_EQ(shown.body.find("secret"), std::string::npos);
    EXPECT_EQ(shown.body.find("whsec"), std::string::npos);
  }
}

TEST_F(Webhooks, AreChangedInPart) {
  start();
  auto path = "/api/webhooks/" + made_id();
  auto got = send("PATCH", path, R"({"active":false,"eventTypes":["file.uploaded"]})");
  ASSERT_EQ(got.status, 200) << got.body;
  EXPECT_FALSE(bool{json(got)["active"]});
  EXPECT_EQ(json(got)["eventTypes"].get_array().size(), 1U);
  EXPECT_EQ(std::string_view{json(got)["url"]}, "https://a.example/hook");
  got = send("PATCH", path, R"({"url":"http://b.example/"})");
  EXPECT_EQ(std::string_view{json(got)["url"]}, "http://b.example/");
  EXPECT_FALSE(bool{json(got)["active"]});
  EXPECT_EQ(send("PATCH", path, R"({"url":"http://10.0.0.1/"})").status, 400);
  EXPECT_EQ(send("PATCH", path, "[]").status, 400);
}

TEST_F(Webhooks, AreGoneOnceDeleted) {
  start();
  auto path = "/api/webhooks/" + made_id();
  EXPECT_EQ(send("DELETE", path).status, 200);
  EXPECT_EQ(send("GET", path).status, 404);
  EXPECT_EQ(send("DELETE", path).status, 404);
  EXPECT_EQ(send("PATCH", path, "{}").status, 404);
  EXPECT_EQ(send("POST", path + "/rotate").status, 404);
}

TEST_F(Webhooks, GetANewSecretByRotation) {
  start();
  auto made = json(make());
  std::string id{std::string_view{made["id"]}};
  std::string first{std::string_view{made["secret"]}};
  auto got = send("POST", "/api/webhooks/" + id + "/rotate");
  std::string second{std::string_view{json(got)["secret"]}};
  EXPECT_NE(first, second);
  auto kept = read_view{records}.webhook(account, parse_id<webhook_id>(id).value()).value();
  EXPECT_EQ(secrets_of(kept, wall_clock()), (std::vector<std::string>{second, first}));
}

TEST_F(Webhooks, BelongToTheirAccount) {
  start();
  auto path = "/api/webhooks/" + made_id();
  for (const auto* method : {"GET", "DELETE", "PATCH"})
    EXPECT_EQ(send(method, path, "{}", "other-key").status, 404) << method;
  EXPECT_EQ(send("POST", path + "/rotate", "", "other-key").status, 404);
  EXPECT_EQ(json(send("GET", "/api/webhooks", "", "other-key"))["webhooks"].get_array().size(), 0U);
  EXPECT_EQ(send("GET", path, "", "wrong").status, 401);
  EXPECT_EQ(send("GET", path).status, 200);
}

TEST_F(Webhooks, AreLimitedInNumber) {
  start();
  for (std::size_t i = 0; i < webhooks_max; ++i)
    EXPECT_EQ(make().status, 200);
  auto got = make();
  EXPECT_EQ(got.status, 403);
  EXPECT_EQ(std::string_view{json(got)["code"]}, "webhook_limit");
}

TEST_F(Webhooks, RefuseWhatCannotBeATarget) {
  start();
  for (const auto* url :
       {R"("ftp://a.example/")", R"("a.example")", R"("http://127.0.0.1/")", R"("http://[::1]/")",
        R"("http://2130706433/")", R"("http://u:p@a.example/")", R"("http://10.0.0.1/")", "7",
        R"("")", R"("http://ä.example/")", R"("http://169.254.169.254/latest/")"}) {
    auto got = make(url);
    EXPECT_EQ(got.status, 400) << url;
    EXPECT_EQ(std::string_view{json(got)["field"]}, "url") << url;
    EXPECT_GT(std::string_view{json(got)["error"]}.size(), 15U);
  }
  EXPECT_TRUE(read_view{records}.webhooks_of(account).empty());
}

TEST_F(Webhooks, MayGoToPrivateAddressesThatAreAllowed) {
  options.guard = address_guard{parse_networks("10.0.0.0/8")};
  start();
  EXPECT_EQ(make(R"("http://10.0.0.1/")").status, 200);
  EXPECT_EQ(make(R"("http://127.0.0.1/")").status, 400);
}

TEST_F(Webhooks, RefuseWhatIsNoRequest) {
  start();
  auto refusal = [&](const std::string& body) {
    auto got = send("POST", "/api/webhooks", body);
    EXPECT_EQ(got.status, 400) << body;
    return std::string{std::string_view{json(got)["code"]}};
  };
  EXPECT_EQ(refusal(""), "invalid_json");
  EXPECT_EQ(refusal("{"), "invalid_json");
  EXPECT_EQ(refusal("[1]"), "invalid_json");
  EXPECT_EQ(refusal("{}"), "missing_field");
  EXPECT_EQ(refusal(R"({"url":"http://a.example/"})"), "missing_field");
  EXPECT_EQ(refusal(R"({"url":"http://a.example/","eventTypes":[]})"), "invalid_setting");
  EXPECT_EQ(refusal(R"({"url":"http://a.example/","eventTypes":["x"]})"), "invalid_setting");
  EXPECT_EQ(refusal(R"({"url":"http://a.example/","eventTypes":"file.uploaded"})"),
            "invalid_setting");
  EXPECT_EQ(refusal(R"({"url":"http://a.example/","eventTypes":["file.uploaded"],"active":1})"),
            "invalid_setting");
  EXPECT_EQ(refusal("{\"url\":\"" + std::string(70'000, 'a') + "\"}"), "invalid_json");
}

TEST_F(Webhooks, DeliveriesAreListedNewestFirst) {
  start();
  auto old = add_delivery(delivery_state::failed, account);
  auto fresh = add_delivery(delivery_state::pending, account);
  auto got = send("GET", "/api/webhooks/deliveries?limit=1");
  ASSERT_EQ(got.status, 200);
  auto page = json(got);
  EXPECT_EQ(page["deliveries"].get_array().size(), 1U);
  auto first = page["deliveries"].at(0);
  EXPECT_EQ(std::string_view{first["id"]}, to_text(fresh.id));
  EXPECT_EQ(std::string_view{first["webhookId"]}, to_text(fresh.webhook));
  EXPECT_EQ(std::string_view{first["eventId"]}, "evt_" + to_text(fresh.event));
  EXPECT_EQ(std::string_view{first["eventType"]}, "conversion.completed");
  EXPECT_EQ(std::string_view{first["jobId"]}, to_text(fresh.job));
  EXPECT_EQ(std::string_view{first["status"]}, "pending");
  EXPECT_EQ(std::uint64_t{first["httpStatus"]}, 500U);
  EXPECT_EQ(std::string_view{first["responseBody"]}, "no \xEF\xBF\xBD way");
  EXPECT_EQ(std::uint64_t{first["attemptCount"]}, 3U);
  EXPECT_TRUE(first["nextAttemptAt"].is_string());
  EXPECT_TRUE(first["completedAt"].is_null());
  EXPECT_EQ(std::uint64_t{page["pagination"]["total"]}, 2U);
  EXPECT_TRUE(bool{page["pagination"]["hasMore"]});
  auto second = json(send("GET", "/api/webhooks/deliveries?offset=1"))["deliveries"].at(0);
  EXPECT_EQ(std::string_view{second["id"]}, to_text(old.id));
  EXPECT_TRUE(second["nextAttemptAt"].is_null());
  EXPECT_EQ(
    json(send("GET", "/api/webhooks/deliveries", "", "other-key"))["deliveries"].get_array().size(),
    0U);
  EXPECT_EQ(send("GET", "/api/webhooks/deliveries?limit=101").status, 400);
}

TEST_F(Webhooks, ADeliveryIsSentAgainWhenAskedFor) {
  start();
  auto x = add_delivery(delivery_state::failed, account);
  auto path = "/api/webhooks/deliveries/" + to_text(x.id) + "/retry";
  EXPECT_EQ(send("POST", path, "", "other-key").status, 404);
  auto got = send("POST", path);
  ASSERT_EQ(got.status, 200) << got.body;
  EXPECT_EQ(std::string_view{json(got)["delivery"]["status"]}, "pending");
  EXPECT_EQ(read_view{records}.strands(wall_clock(), 9).due.size(), 1U);
  send("DELETE", "/api/webhooks/" + to_text(x.webhook));
  auto gone = send("POST", path);
  EXPECT_EQ(gone.status, 409);
  EXPECT_EQ(std::string_view{json(gone)["code"]}, "webhook_gone");
  EXPECT_EQ(send("POST", "/api/webhooks/deliveries/x/retry").status, 404);
}

class EventBody : public TestServer {
protected:
  simdjson::dom::element body(const job_record& job, event_kind kind, std::uint32_t file = 0) {
    x.event = mint<event_id>(wall_clock());
    x.kind = kind;
    x.job = job.id;
    x.file = file;
    x.created = timestamp{milliseconds{1'700'000'000'999}};
    text = writer.body(x, wall_clock());
    return parser.parse(text);
  }

  delivery_record x;
  event_writer writer{records, url_signer{signing_key{}, std::chrono::seconds{3600}}};
  std::string text;
  simdjson::dom::parser parser;
};

TEST_F(EventBody, HasIdTypeTimeAndJob) {
  auto job = add_job(2, 1);
  auto event = body(job, event_kind::started);
  EXPECT_EQ(std::string_view{event["id"]}, "evt_" + to_text(x.event));
  EXPECT_EQ(std::string_view{event["type"]}, "conversion.started");
  EXPECT_EQ(std::int64_t{event["created"]}, 1'700'000'000);
  EXPECT_EQ(std::string_view{event["data"]["jobId"]}, to_text(job.id));
  EXPECT_EQ(std::string_view{event["data"]["job"]["status"]}, "processing");
  EXPECT_NE(event["data"]["results"].error(), simdjson::SUCCESS);
}

TEST_F(EventBody, OfAFileHasThatFile) {
  auto job = add_job(2, 1);
  auto event = body(job, event_kind::progress, 0);
  EXPECT_EQ(std::string_view{event["data"]["filename"]}, "photo 0.webp");
  EXPECT_EQ(std::uint64_t{event["data"]["file"]["index"]}, 0U);
  EXPECT_TRUE(event["data"]["file"]["downloadUrl"].is_string());
  event = body(job, event_kind::source_stored, 1);
  EXPECT_EQ(std::string_view{event["type"]}, "file.uploaded");
  EXPECT_EQ(std::string_view{event["data"]["filename"]}, "photo 1.png");
  EXPECT_EQ(std::uint64_t{event["data"]["file"]["sizeBytes"]}, 1000U);
}

TEST_F(EventBody, OfAJobsEndHasAtMostAHundredResults) {
  auto event = body(add_job(100, 100), event_kind::completed);
  EXPECT_EQ(event["data"]["results"].get_array().size(), 100U);
  EXPECT_NE(event["data"]["resultsTruncated"].error(), simdjson::SUCCESS);
  EXPECT_EQ(std::string_view{event["data"]["filename"]}, "photo 0.webp");
  event = body(add_job(101, 101), event_kind::completed);
  EXPECT_EQ(event["data"]["results"].get_array().size(), 100U);
  EXPECT_TRUE(bool{event["data"]["resultsTruncated"]});
}

TEST_F(EventBody, OfAJobThatIsGoneHasItsIdStill) {
  job_record gone;
  gone.id = mint<job_id>(wall_clock());
  auto event = body(gone, event_kind::completed);
  EXPECT_EQ(std::string_view{event["data"]["jobId"]}, to_text(gone.id));
  EXPECT_NE(event["data"]["job"].error(), simdjson::SUCCESS);
}

} // namespace convertd
