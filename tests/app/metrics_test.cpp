#include "app/metrics.hpp"
#include "app/self_check.hpp"

#include <gtest/gtest.h>

#include <set>

namespace convertd {
namespace {

using namespace std::chrono_literals;

bool has(const metrics& of, const std::string& line) {
  return ("\n" + of.registry().text()).find("\n" + line + "\n") != std::string::npos;
}

attempt_report report(std::string_view outcome, std::string_view error = "") {
  attempt_report x;
  x.account = 1;
  x.target = image_format::webp;
  x.outcome = outcome;
  x.error = error;
  x.bytes_in = 100;
  x.bytes_out = 40;
  x.wait = 2s;
  x.stages = {.decode = 1s, .transform = 2s, .encode = 3s};
  return x;
}

TEST(MetricTableTest, NamesFollowTheCustomsOfPrometheus) {
  std::set<std::string_view> seen;
  for (const auto& row : metric_table()) {
    EXPECT_TRUE(seen.insert(row.name).second) << row.name;
    EXPECT_TRUE(row.name.starts_with("convertd_") || row.name.starts_with("process_")) << row.name;
    EXPECT_EQ(row.name.ends_with("_total"), row.kind == metric_kind::counter) << row.name;
    EXPECT_EQ(row.name.ends_with("_duration_seconds"), row.kind == metric_kind::histogram)
      << row.name;
    EXPECT_TRUE(row.help.ends_with('.')) << row.name;
  }
}

TEST(MetricsTest, RecoveryIsTold) {
  metrics x{"1.2.3"};
  recovery_report found;
  found.jobs.resize(4);
  found.interrupted = 3;
  found.abandoned = 2;
  x.recovered(found, 1500ms);
  EXPECT_TRUE(has(x, "convertd_recovery_seconds 1.5"));
  EXPECT_TRUE(has(x, "convertd_recovery_jobs 4"));
  EXPECT_TRUE(has(x, "convertd_recovery_interrupted_files 3"));
  EXPECT_TRUE(has(x, "convertd_recovery_abandoned_uploads 2"));
  EXPECT_TRUE(has(x, "convertd_build_info{version=\"1.2.3\"} 1"));
}

TEST(MetricsTest, ConvertedFileHasItsStages) {
  metrics x{""};
  x.file_tried(report("converted"));
  EXPECT_TRUE(
    has(x, R"(convertd_file_attempts_total{lane="job",outcome="converted",target="webp"} 1)"));
  EXPECT_TRUE(has(x, "convertd_source_bytes_total 100"));
  EXPECT_TRUE(has(x, "convertd_output_bytes_total 40"));
  EXPECT_TRUE(has(x, R"(convertd_stage_duration_seconds_sum{stage="wait"} 2)"));
  EXPECT_TRUE(has(x, R"(convertd_stage_duration_seconds_sum{stage="encode"} 3)"));
  EXPECT_TRUE(has(x, R"(convertd_stage_duration_seconds_bucket{stage="encode",le="2"} 0)"));
  EXPECT_TRUE(has(x, R"(convertd_stage_duration_seconds_bucket{stage="encode",le="5"} 1)"));
}

TEST(MetricsTest, DeathIsCountedByItsReason) {
  metrics x{""};
  x.file_tried(report("died", "timeout"));
  x.file_tried(report("refused", "decode_failed"));
  EXPECT_TRUE(has(x, R"(convertd_codec_deaths_total{reason="timeout"} 1)"));
  EXPECT_FALSE(has(x, R"(convertd_codec_deaths_total{reason="decode_failed"} 1)"));
  EXPECT_TRUE(has(x, "convertd_source_bytes_total 0"));
}

TEST(MetricsTest, SelfCheckIsNobodysFileAndNoProgress) {
  metrics x{""};
  auto check = report("converted");
  check.account = self_check_account;
  x.file_tried(check);
  EXPECT_TRUE(has(x, R"(convertd_self_checks_total{outcome="converted"} 1)"));
  EXPECT_TRUE(has(x, "convertd_source_bytes_total 0"));
  EXPECT_EQ(x.files_done(), 0u);
}

TEST(MetricsTest, OnlyWhatCodecProcessesHaveDealtWithIsProgress) {
  metrics x{""};
  for (const auto* outcome : {"converted", "refused", "died"})
    x.file_tried(report(outcome));
  EXPECT_EQ(x.files_done(), 3u);
  for (const auto* outcome : {"interrupted", "postponed", "cancelled"})
    x.file_tried(report(outcome));
  EXPECT_EQ(x.files_done(), 3u);
}

TEST(MetricsTest, CancelledJobIsNoFailure) {
  metrics x{""};
  job_record job;
  job.state = job_state::failed;
  job.error = ec::cancelled;
  x.job_ended(job);
  EXPECT_TRUE(has(x, R"(convertd_jobs_ended_total{outcome="cancelled"} 1)"));
}

TEST(MetricsTest, ClientsMakeNoLabels) {
  metrics x{""};
  request_line line;
  line.method = "BREW";
  line.path = "/etc/passwd";
  line.status = 404;
  x.request(line);
  EXPECT_TRUE(has(x, R"(convertd_http_requests_total{code="4xx",method="other",route="none"} 1)"));
}

TEST(MetricsTest, DeliveryThatGoesOnWasRetried) {
  metrics x{""};
  delivery_record after;
  x.delivery_tried(after, 10ms);
  after.state = delivery_state::failed;
  x.delivery_tried(after, 10ms);
  EXPECT_TRUE(has(x, R"(convertd_webhook_tries_total{outcome="retried"} 1)"));
  EXPECT_TRUE(has(x, R"(convertd_webhook_tries_total{outcome="failed"} 1)"));
}

} // namespace
} // namespace convertd
