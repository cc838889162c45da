// The description of the API against the table of routes and the table of errors.
#include "http/openapi.hpp"
#include "http/problem.hpp"
#include "http/routes.hpp"
#include "job/error.hpp"
#include "tests/http/test_server.hpp"

#include <gtest/gtest.h>
#include <simdjson.h>

#include <algorithm>
#include <set>
#include <string>

namespace convertd {

namespace {

using json = simdjson::dom::element;

class Openapi : public testing::Test {
protected:
  /// "POST /api/jobs" and so on, of the description.
  std::set<std::string> described() {
    std::set<std::string> result;
    for (auto [path, item] : all["paths"].get_object())
      for (auto [method, operation] : item.get_object())
        result.insert(upper(std::string{method}) + " " + std::string{path});
    return result;
  }
  static std::string upper(std::string word) {
    std::ranges::transform(word, word.begin(), [](unsigned char c) { return std::toupper(c); });
    return word;
  }

  simdjson::dom::parser parser;
  json all = parser.parse(std::string{openapi_text()});
};

} // namespace

TEST_F(Openapi, DescribesEveryRouteAndNoOther) {
  std::set<std::string> served;
  for (const auto& each : routes())
    served.insert(std::string{each.method} + " " + std::string{each.path});
  EXPECT_EQ(described(), served) << "describe the route in http/openapi.json";
}

TEST_F(Openapi, NamesEveryErrorCode) {
  std::set<std::string> named;
  for (json each : all["components"]["schemas"]["Error"]["properties"]["code"]["enum"].get_array())
    named.insert(std::string{std::string_view{each}});
  std::set<std::string> known{"internal"};
  for (std::uint16_t n = 1; n < 256; ++n)
    known.emplace(code_of(ec{n}));
  EXPECT_EQ(named, known);
}

TEST_F(Openapi, PutsErrorCodesUnderTheirStatus) {
  auto check = [](std::string_view status, std::string_view text, std::string_view where) {
    for (std::uint16_t n = 1; n < 256; ++n) {
      auto code = code_of(ec{n});
      if (text.find("`" + std::string{code} + "`") != text.npos && status_of(ec{n}) != 500) {
        EXPECT_EQ(status, std::to_string(status_of(ec{n}))) << where << " " << code;
      }
    }
  };
  for (auto [path, item] : all["paths"].get_object())
    for (auto [method, operation] : item.get_object())
      for (auto [status, response] : operation["responses"].get_object())
        check(status, std::string_view{response["description"]}, path);
}

TEST_F(Openapi, EveryReferenceLeadsSomewhere) {
  std::string_view text = openapi_text();
  constexpr std::string_view start = "\"#/components/schemas/";
  for (auto at = text.find(start); at != text.npos; at = text.find(start, at + 1)) {
    auto name = text.substr(at + start.size());
    name = name.substr(0, name.find('"'));
    EXPECT_EQ(all["components"]["schemas"][name].error(), simdjson::SUCCESS) << name;
  }
}

TEST_F(TestServer, TheDescriptionIsServedWithTheVersion) {
  options.version = "7.8.9";
  start();
  auto got = client().ask(get("/openapi.json"));
  EXPECT_EQ(got.status, 200);
  EXPECT_EQ(got.header("content-type"), "application/json");
  simdjson::dom::parser parser;
  json all = parser.parse(got.body);
  EXPECT_EQ(std::string_view{all["info"]["version"]}, "7.8.9");
  EXPECT_EQ(std::string_view{all["openapi"]}, "3.1.0");
  auto text = client().ask(get("/llms.txt"));
  EXPECT_EQ(text.header("content-type"), "text/plain; charset=utf-8");
  for (const auto& each : routes()) {
    auto line = "- `" + std::string{each.method} + " " + std::string{each.path} + "`: ";
    EXPECT_NE(text.body.find(line), std::string::npos) << line;
  }
}

} // namespace convertd
