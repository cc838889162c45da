#include "config/apply.hpp"
#include "config/load.hpp"
#include "tests/support/temp_dir.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
namespace convertd {
namespace {

/// Writes configuration files into a folder of its own.
class LoadTest : public testing::Test {
protected:
  std::filesystem::path file(const std::string& text) {
    auto path = folder.path() / "convertd.toml";
    std::ofstream{path} << text;
    return path;
  }

  /// What load_settings() complains about; empty if it does not.
  std::string complaint(const config_sources& from) {
    try {
      load_settings(from);
    } catch (const config_error& x) {
      return x.what();
    }
    return "";
  }

  std::string complaint_about(const std::string& toml) {
    return complaint({{}, {}, file(toml)});
  }

  temp_dir folder;
};

void expect_has(const std::string& text, const std::string& part) {
  EXPECT_NE(text.find(part), std::string::npos) << "no \"" << part << "\" in: " << text;
}

TEST_F(LoadTest, NothingGivenMeansDefaults) {
  auto x = load_settings({{}, {{"HOME", "/root"}}, std::nullopt});
  EXPECT_EQ(x.http.port, 8080);
  EXPECT_EQ(x.retention, hours{24 * 30});
  EXPECT_EQ(x.limits.frame_pixels_max, 50'000'000u);
  EXPECT_EQ(find_plan(x, "free")->file_bytes_max, 50'000'000u);
}

TEST_F(LoadTest, FlagGoesBeforeVariableBeforeFile) {
  auto path = file("log_level = \"warn\"\n[http]\nport = 1\nlisten = \"::1\"\nquery_threads = 3\n");
  auto x = load_settings({{{"http.port", "3"}},
                          {{"CONVERTD_HTTP_PORT", "2"}, {"CONVERTD_HTTP_LISTEN", "0.0.0.0"}},
                          path});
  EXPECT_EQ(x.http.port, 3);
  EXPECT_EQ(x.http.listen, "0.0.0.0");
  EXPECT_EQ(x.http.query_threads, 3u);
  EXPECT_EQ(x.log_level, "warn");
}

TEST_F(LoadTest, UnknownKeyNamesTheNearest) {
  auto text = complaint_about("[http]\nprot = 80\n");
  expect_has(text, "http.prot");
  expect_has(text, "did you mean http.port?");
  expect_has(text, "line 2");
  expect_has(text, "convertd.toml");
}

TEST_F(LoadTest, UnknownTableNamesTheNearest) {
  expect_has(complaint_about("[limit]\ntime = \"3s\"\n"), "did you mean limits?");
}

TEST_F(LoadTest, UnknownVariableNamesTheNearest) {
  auto text = complaint({{}, {{"CONVERTD_LIMIT_TIME", "3s"}}, std::nullopt});
  expect_has(text, "CONVERTD_LIMIT_TIME");
  expect_has(text, "did you mean CONVERTD_LIMITS_TIME?");
}

TEST_F(LoadTest, OtherVariablesDoNotCount) {
  EXPECT_EQ(complaint({{}, {{"CONVERT", "x"}, {"CONVERTD", "x"}, {"PATH", "x"}}, std::nullopt}),
            "");
}

TEST_F(LoadTest, ValueOutOfRangeNamesKeyValueRangeAndOrigin) {
  auto text = complaint({{}, {{"CONVERTD_LIMITS_TIME", "5d"}}, std::nullopt});
  expect_has(text, "limits.time = \"5d\"");
  expect_has(text, "between 100ms and 1h");
  expect_has(text, "environment variable CONVERTD_LIMITS_TIME");
  text = complaint({{{"http.port", "65536"}}, {}, std::nullopt});
  expect_has(text, "in the flag --http-port");
  expect_has(text, "between 0 and 65535");
}

TEST_F(LoadTest, EverythingWrongIsSaidAtOnce) {
  auto text = complaint({{{"http.port", "x"}},
                         {{"CONVERTD_NO_SUCH", "1"}},
                         file("retention = \"soon\"\nnonsense = 1\n")});
  for (auto part : {"http.port", "CONVERTD_NO_SUCH", "retention", "nonsense"})
    expect_has(text, part);
}

TEST_F(LoadTest, TextNeedsQuotesAndNumbersDoNot) {
  expect_has(complaint_about("log_level = 3\n"), "must be in quotes");
  expect_has(complaint_about("[http]\nport = 1.5\n"), "http.port");
  expect_has(complaint_about("[http]\nport = [1]\n"), "http.port");
  expect_has(complaint_about("http = 3\n"), "http");
  auto x = load_settings({{}, {}, file("[http]\nmax_upload = 1048576\nport = \"81\"\n")});
  EXPECT_EQ(x.http.max_upload, 1u << 20);
  EXPECT_EQ(x.http.port, 81);
}

TEST_F(LoadTest, ChoicesAddressesAndUrlsAreChecked) {
  expect_has(complaint_about("log_level = \"loud\"\n"), "must be one of trace, debug, info");
  expect_has(complaint_about("log_level = \"\"\n"), "must be one of");
  expect_has(complaint_about("[http]\nlisten = \"localhost\"\n"), "IPv4 or IPv6");
  expect_has(complaint_about("[http]\npublic_url = \"example.com\"\n"), "http://");
  expect_has(complaint_about("[http]\npublic_url = \"https://example.com/\"\n"), "slash");
  for (const char* wrong : {"proxy", "10.0.0.0/33", "127.0.0.1, ::1"})
    expect_has(complaint_about("[http]\ntrusted_proxies = \"" + std::string{wrong} + "\"\n"),
               "networks");
}

TEST_F(LoadTest, BrokenTomlNamesTheLine) {
  auto text = complaint_about("log_level = \"info\"\n[http\n");
  expect_has(text, "line 2");
  expect_has(text, "no TOML");
}

TEST_F(LoadTest, MissingFileIsAnError) {
  expect_has(complaint({{}, {}, folder.path() / "none.toml"}), "cannot be read");
  expect_has(complaint({{}, {}, folder.path()}), "cannot be read");
}

TEST_F(LoadTest, SettingsThatContradictEachOtherAreRefused) {
  expect_has(complaint_about("[limits]\ntotal_pixels = 10\n"), "limits.frame_pixels");
}

TEST_F(LoadTest, PlanInTheFileChangesThatPlanOnly) {
  auto x = load_settings(
    {{}, {}, file("[plans.free]\nfile_bytes = \"5MB\"\n[plans.house]\nrequests_per_minute = 9\n")});
  EXPECT_EQ(find_plan(x, "free")->file_bytes_max, 5'000'000u);
  EXPECT_EQ(find_plan(x, "free")->files_per_batch_max, 5u);
  EXPECT_EQ(find_plan(x, "pro")->files_per_batch_max, 100u);
  EXPECT_EQ(find_plan(x, "house")->requests_per_minute, 9u);
  EXPECT_EQ(find_plan(x, "house")->file_bytes_max, 0u);
  EXPECT_EQ(find_plan(x, "none"), nullptr);
}

TEST_F(LoadTest, UnlimitedIsAlwaysThereAndStaysUnlimited) {
  settings x;
  x.plans.clear();
  ASSERT_NE(find_plan(x, "unlimited"), nullptr);
  EXPECT_EQ(find_plan(x, "unlimited")->file_bytes_max, 0u);
  expect_has(complaint_about("[plans.unlimited]\njobs = 1\n"), "no limits");
}

TEST_F(LoadTest, UnknownOrWrongPlanLineIsRefused) {
  expect_has(complaint_about("[plans.free]\nfile_byte = 1\n"),
             "did you mean plans.free.file_bytes?");
  expect_has(complaint_about("[plans.free]\njobs = \"many\"\n"), "plans.free.jobs = \"many\"");
  expect_has(complaint_about("[plans]\nfree = 1\n"), "plans.free");
}

TEST_F(LoadTest, FileIsFoundByFlagThenVariable) {
  EXPECT_EQ(config_file("/a", {{"CONVERTD_CONFIG", "/b"}}), "/a");
  EXPECT_EQ(config_file("", {{"CONVERTD_CONFIG", "/b"}}), "/b");
}

} // namespace
} // namespace convertd
