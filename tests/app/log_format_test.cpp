#include "app/log_format.hpp"

#include <gtest/gtest.h>

#include <sys/stat.h>
#include <unistd.h>

namespace convertd {
namespace {

TEST(LogFormatTest, PlainLineIsItsSentenceAndItsFields) {
  EXPECT_EQ(
    log_text(log_style::plain, "request",
             {{"status", std::uint64_t{200}}, {"ms", 1.25}, {"job", ""}, {"path", "/livez"}}),
    "request status=200 ms=1.2 job=- path=/livez");
}

TEST(LogFormatTest, JsonHasTypesAndLeavesOutWhatIsEmpty) {
  EXPECT_EQ(log_text(log_style::json, "said \"no\"",
                     {{"status", std::uint64_t{200}}, {"ms", 1.5}, {"job", ""}, {"path", "/a\"b"}}),
            R"("message":"said \"no\"","status":200,"ms":1.5,"path":"/a\"b")");
}

TEST(LogFormatTest, NobodyWritesALineOfTheirOwn) {
  EXPECT_EQ(log_text(log_style::plain, "request", {{"path", "/a\n<2>evil\x1b[0m\xff"}}),
            "request path=/a?<2>evil?[0m?");
  EXPECT_EQ(log_text(log_style::json, "request", {{"path", "/a\nb\xff"}}),
            R"("message":"request","path":"/a?b?")");
}

TEST(LogFormatTest, AutoTakesTheJournalsWayOnlyWhereTheLogGoesThere) {
  struct stat facts {};
  ASSERT_EQ(::fstat(STDERR_FILENO, &facts), 0);
  auto ours = std::to_string(facts.st_dev) + ":" + std::to_string(facts.st_ino);
  EXPECT_EQ(log_style_of("auto", STDERR_FILENO, ours.c_str()), log_style::journald);
  EXPECT_EQ(log_style_of("auto", STDERR_FILENO, "1:2"), log_style::plain);
  EXPECT_EQ(log_style_of("auto", STDERR_FILENO, nullptr), log_style::plain);
  EXPECT_EQ(log_style_of("json", STDERR_FILENO, ours.c_str()), log_style::json);
  EXPECT_EQ(log_style_of("plain", STDERR_FILENO, ours.c_str()), log_style::plain);
}

} // namespace
} // namespace convertd
