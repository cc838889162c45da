// What a plan lets through: requests a minute and a month; and the routes that say what was used.
#include "http/request_meter.hpp"
#include "tests/http/test_server.hpp"

#include <simdjson.h>

namespace convertd {

namespace {

const std::string form =
  "--b\r\nContent-Disposition: form-data; name=\"format\"\r\n\r\nwebp\r\n"
  "--b\r\nContent-Disposition: form-data; name=\"saveToStorage\"\r\n\r\ntrue\r\n"
  "--b\r\nContent-Disposition: form-data; name=\"files\"; filename=\"a.png\"\r\n\r\nA\r\n--b--\r\n";
const std::string bad_form = "--b\r\nContent-Disposition: form-data; name=\"format\"\r\n\r\n"
                             "webp\r\n--b--\r\n";

class Plans : public TestServer {
protected:
  Plans() {
    plan metered;
    metered.name = "metered";
    metered.requests_per_minute = 4;
    metered.requests_per_month = 3;
    options.plans.push_back(metered);
  }
  /// Gives the account `other` the plan, as the command line would.
  void set_plan(const std::string& name) {
    auto record = *read_view{records}.account(other);
    record.plan = name;
    write_batch batch{records};
    batch.put_account(record);
    batch.commit();
  }
  raw_response submit(const std::string& body = form) {
    return client().ask(post(
      "/api/jobs", body, "Content-Type: multipart/form-data; boundary=b\r\n" + auth("other-key")));
  }
  simdjson::dom::element usage() {
    return parser.parse(client().ask(get("/api/usage", auth("other-key"))).body);
  }
  std::uint64_t used() {
    simdjson::dom::element shown = usage();
    return std::uint64_t{shown["requests"]["used"]};
  }
  simdjson::dom::parser parser;
};

} // namespace

TEST_F(Plans, LetSoManyRequestsThroughAMinute) {
  set_plan("metered");
  options.plans.back().requests_per_month = 0;
  start();
  for (const auto* left : {"3", "2", "1", "0"}) {
    auto got = submit();
    EXPECT_EQ(got.status, 200) << got.body;
    EXPECT_EQ(got.header("ratelimit-limit"), "4");
    EXPECT_EQ(got.header("ratelimit-remaining"), left);
    EXPECT_FALSE(got.header("ratelimit-reset").empty());
  }
  auto got = submit();
  EXPECT_EQ(got.status, 429);
  EXPECT_NE(got.body.find("\"rate_limited\""), std::string::npos);
  EXPECT_EQ(got.header("ratelimit-remaining"), "0");
  EXPECT_EQ(got.header("retry-after"), got.header("ratelimit-reset"));
  EXPECT_EQ(actors.submitted().size(), 4U);
  EXPECT_EQ(used(), 4U); // and looking is free
}

TEST_F(Plans, LetSoManyRequestsThroughAMonth) {
  set_plan("metered");
  options.plans.back().requests_per_minute = 0;
  start();
  for (int i = 0; i < 3; ++i)
    EXPECT_EQ(submit().status, 200);
  auto got = submit();
  EXPECT_EQ(got.status, 402);
  EXPECT_NE(got.body.find("\"quota_exceeded\""), std::string::npos);
  EXPECT_EQ(used(), 3U);
  EXPECT_EQ(read_view{records}.requests(other, month_of(wall_clock())), 3U);
  set_plan("unlimited");
  EXPECT_EQ(submit().status, 200);
}

TEST_F(Plans, ARefusedRequestCountsInNoQuota) {
  set_plan("metered");
  options.plans.back().requests_per_minute = 0;
  start();
  EXPECT_EQ(submit(bad_form).status, 400);
  actors.fail_submit_with(fail(ec::queue_full));
  EXPECT_EQ(submit().status, 503);
  EXPECT_EQ(used(), 0U);
  actors.fail_submit_with(fail(ec::internal)); // nobody knows whether there is a job now
  EXPECT_EQ(submit().status, 500);
  EXPECT_EQ(used(), 1U);
}

TEST_F(Plans, CountsOutliveTheServer) {
  set_plan("metered");
  start();
  submit();
  submit();
  server.reset();
  start();
  EXPECT_EQ(used(), 2U);
  EXPECT_EQ(submit().status, 200);
  EXPECT_EQ(submit().status, 402);
}

TEST_F(Plans, UsageIsShownWithItsLimits) {
  set_plan("metered");
  options.plans.back().storage_bytes_max = 1'000;
  start();
  submit();
  simdjson::dom::element shown = usage();
  EXPECT_EQ(std::string_view{shown["plan"]}, "metered");
  EXPECT_EQ(std::string_view{shown["period"]}, to_text(month_of(wall_clock())));
  EXPECT_EQ(std::uint64_t{shown["requests"]["limit"]}, 3U);
  EXPECT_EQ(std::uint64_t{shown["storageBytes"]["used"]}, 1U);
  EXPECT_EQ(std::uint64_t{shown["storageBytes"]["limit"]}, 1'000U);
  EXPECT_EQ(std::uint64_t{shown["jobs"]["pending"]}, 1U);
  EXPECT_EQ(std::uint64_t{shown["jobs"]["processing"]}, 0U);
  set_plan("unlimited");
  shown = usage();
  EXPECT_TRUE(shown["requests"]["limit"].is_null());
}

TEST_F(Plans, AMonthsClaimIsGivenBackUnlessItIsSpent) {
  request_meter meter{records};
  {
    auto first = meter.claim(other, 2, 202611);
    auto second = meter.claim(other, 2, 202611);
    ASSERT_TRUE(first && second);
    EXPECT_FALSE(meter.claim(other, 2, 202611));
    second->spend();
  }
  EXPECT_EQ(meter.used(other, 202611), 1U);
  EXPECT_EQ(meter.used(other, 202612), 0U);
}

TEST_F(Plans, FormatsAreThoseOfTheTable) {
  start();
  auto got = client().ask(get("/api/formats", auth()));
  ASSERT_EQ(got.status, 200);
  simdjson::dom::element shown = parser.parse(got.body);
  std::size_t reads = 0;
  std::size_t writes = 0;
  for (const auto& each : all_formats()) {
    reads += each.read ? 1 : 0;
    writes += each.write ? 1 : 0;
  }
  EXPECT_EQ(shown["read"].get_array().size(), reads);
  EXPECT_EQ(shown["write"].get_array().size(), writes);
  simdjson::dom::element first = shown["write"].at(0);
  EXPECT_EQ(std::string_view{first["format"]}, "jpg");
  EXPECT_EQ(std::string_view{first["mimeType"]}, "image/jpeg");
  EXPECT_EQ(std::string_view{first["extensions"].at(1)}, "jpeg");
}

TEST_F(Plans, ServerStatsNeedAnAdminsKey) {
  {
    write_batch batch{records};
    batch.put_key({hash_of_key("admin-key"), account, "", "admi", true, wall_clock()});
    batch.commit();
  }
  start();
  EXPECT_EQ(client().ask(get("/api/server/stats")).status, 401);
  EXPECT_EQ(client().ask(get("/api/server/stats", auth())).status, 403);
  log.wait_for(2); // counted when the answer is sent
  auto got = client().ask(get("/api/server/stats", auth("admin-key")));
  ASSERT_EQ(got.status, 200);
  simdjson::dom::element shown = parser.parse(got.body);
  EXPECT_EQ(std::uint64_t{shown["queue"]["files"]}, 7U);
  EXPECT_EQ(std::string_view{shown["codecs"]["processes"].at(0)["state"]}, "converting");
  EXPECT_GT(std::uint64_t{shown["memoryBytes"]}, 0U);
  EXPECT_GT(std::uint64_t{shown["storeBytes"]}, 0U);
  EXPECT_EQ(std::uint64_t{shown["requests"]["4xx"]}, 2U);
}

} // namespace convertd
