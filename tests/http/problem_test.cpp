#include "http/problem.hpp"

#include <gtest/gtest.h>

namespace convertd {

TEST(Problem, EveryErrorHasAStatus) {
  int known = 0;
  for (int number = 1; number < 256; ++number) {
    auto code = static_cast<ec>(number);
    bool in_table = code_of(code) != "internal" || code == ec::internal;
    if (!in_table)
      continue;
    ++known;
    auto status = status_of(code);
    EXPECT_GE(status, 400) << code_of(code);
    EXPECT_TRUE(status != 500 || code == ec::internal) << code_of(code);
    EXPECT_NE(reason_of(status), "Error") << code_of(code);
  }
  EXPECT_GT(known, 40);
}

TEST(Problem, SaysWhatIsKnown) {
  EXPECT_EQ(problem_json({ec::missing_key, {}, {}, {}}),
            R"({"error":"Missing API key.","code":"missing_key"})");
  EXPECT_EQ(problem_json({ec::invalid_setting, "No \"x\".", "format", "7"}),
            R"({"error":"No \"x\".","code":"invalid_setting","field":"format","detail":"7"})");
}

TEST(Problem, TellsWhenToComeBackAndHowToSignIn) {
  auto names = [](const answer& x) {
    std::string out;
    for (const auto& [name, value] : x.headers)
      out += name + "=" + value + ";";
    return out;
  };
  EXPECT_EQ(names(problem_answer({ec::missing_key, {}, {}, {}}, 7)), "WWW-Authenticate=Bearer;");
  EXPECT_EQ(names(problem_answer({ec::queue_full, {}, {}, {}}, 7)), "Retry-After=7;");
  EXPECT_EQ(names(problem_answer({ec::rate_limited, {}, {}, {}}, 7)), "Retry-After=7;");
  EXPECT_EQ(names(problem_answer({ec::not_found, {}, {}, {}}, 7)), "");
}

TEST(Problem, IsACompleteResponseForTheLoop) {
  auto text = problem_response({ec::request_timeout, {}, {}, {}}, 1, "id-1");
  EXPECT_TRUE(text.starts_with("HTTP/1.1 408 Request Timeout\r\n"));
  EXPECT_NE(text.find("X-Request-Id: id-1\r\n"), std::string::npos);
  EXPECT_NE(text.find("Connection: close\r\n"), std::string::npos);
  EXPECT_TRUE(text.ends_with("\"code\":\"request_timeout\"}"));
}

} // namespace convertd
