#include "config/apply.hpp"
#include "config/render.hpp"
#include "config/table.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <set>
#include <sstream>

namespace convertd {
namespace {

/// A value of the setting that is allowed and not its default.
raw_value another_value(const setting_row& x) {
  const settings defaults;
  auto now = x.get(defaults);
  if (x.key() == "http.listen")
    return std::string{"::1"};
  if (x.key() == "metrics.listen")
    return std::string{"[::1]:9465"};
  if (x.key() == "http.public_url")
    return std::string{"https://a.example"};
  if (x.key() == "http.trusted_proxies" || x.key() == "webhooks.allow")
    return std::string{"127.0.0.1 10.0.0.0/8 2001:db8::/32"};
  if (x.rule.kind == value_kind::choice)
    return std::string{x.rule.choices.substr(x.rule.choices.rfind(' ') + 1)};
  if (std::holds_alternative<std::string>(now))
    return std::string{"/a \"quoted\" \\ path\twith ümlaut"};
  return now == raw_value{x.rule.max} ? x.rule.max - 1 : x.rule.max;
}

TEST(TableTest, ListenerIsAnAddressAndAPort) {
  for (const auto& x : all_settings()) {
    if (x.key() != "metrics.listen")
      continue;
    for (const auto* good : {"", "127.0.0.1:9465", "[::1]:1", "0.0.0.0:65535"})
      EXPECT_TRUE(std::holds_alternative<raw_value>(read_value(x.rule, good))) << good;
    for (const auto* wrong : {"9465", ":9465", "127.0.0.1", "127.0.0.1:0", "127.0.0.1:65536",
                              "::1:9465", "[127.0.0.1]:9465", "localhost:9465", "127.0.0.1:x"})
      EXPECT_TRUE(std::holds_alternative<std::string>(read_value(x.rule, wrong))) << wrong;
  }
}

TEST(TableTest, DefaultsAreAllowed) {
  const settings defaults;
  for (const auto& x : all_settings()) {
    auto text = value_text(x.rule, x.get(defaults));
    auto value = read_value(x.rule, text);
    ASSERT_TRUE(std::holds_alternative<raw_value>(value)) << x.key() << " = " << text;
    EXPECT_EQ(std::get<raw_value>(value), x.get(defaults)) << x.key();
  }
  EXPECT_EQ(contradiction(defaults), std::nullopt);
}

TEST(TableTest, EachRowReachesItsOwnMember) {
  for (const auto& x : all_settings()) {
    settings changed;
    x.set(changed, another_value(x));
    const settings defaults;
    for (const auto& y : all_settings())
      EXPECT_EQ(y.get(changed) != y.get(defaults), y.key() == x.key()) << x.key() << " " << y.key();
  }
}

TEST(TableTest, NamesAreUniqueInEveryForm) {
  std::set<std::string> flags;
  std::set<std::string> variables;
  for (const auto& x : all_settings()) {
    EXPECT_TRUE(flags.insert(x.flag()).second) << x.flag();
    EXPECT_TRUE(variables.insert(x.variable()).second) << x.variable();
    EXPECT_NE(x.variable(), "CONVERTD_CONFIG");
  }
}

TEST(TableTest, NamesFollowFromTheKey) {
  const auto* x = find_setting("limits.output_side");
  ASSERT_NE(x, nullptr);
  EXPECT_EQ(x->flag(), "--limits-output-side");
  EXPECT_EQ(x->variable(), "CONVERTD_LIMITS_OUTPUT_SIDE");
  EXPECT_EQ(find_setting("data")->flag(), "--data");
}

TEST(TableTest, EveryGroupIsDeclaredAndEveryHelpIsASentence) {
  std::set<std::string_view> groups;
  for (const auto& x : all_groups())
    groups.insert(x.name);
  for (const auto& x : all_settings()) {
    EXPECT_TRUE(groups.count(x.group)) << x.key();
    EXPECT_TRUE(x.help.ends_with('.')) << x.key();
  }
}

TEST(TableTest, MaximaFitTheirMembers) {
  for (const auto& x : all_settings()) {
    if (!std::holds_alternative<std::uint64_t>(x.get(settings{})))
      continue;
    settings changed;
    x.set(changed, x.rule.max);
    EXPECT_EQ(x.get(changed), raw_value{x.rule.max}) << x.key();
  }
}

TEST(BooleanRuleTest, ReadsAndWrites) {
  constexpr value_rule rule{value_kind::boolean, 0, 0, {}, nullptr};
  EXPECT_EQ(std::get<raw_value>(read_value(rule, "on")), raw_value{std::uint64_t{1}});
  EXPECT_EQ(value_text(rule, std::uint64_t{0}), "false");
  EXPECT_EQ(std::get<std::string>(read_value(rule, "x")), "must be true or false");
}

TEST(RenderTest, RenderedFileReadsBackWhateverIsSet) {
  settings x;
  for (const auto& row : all_settings())
    row.set(x, another_value(row));
  x.plans.push_back({"a \"b\"", 1, 2'000'000, 3, 4, 5, 6});
  settings back;
  complaints wrong;
  apply_toml(back, render_toml(x), "rendered", wrong);
  EXPECT_TRUE(wrong.empty()) << wrong.front();
  for (const auto& row : all_settings())
    EXPECT_EQ(row.get(back), row.get(x)) << row.key();
  EXPECT_EQ(render_toml(back), render_toml(x));
}

TEST(RenderTest, RenderedFileHasEverySettingWithItsHelp) {
  auto text = render_toml({});
  for (const auto& x : all_settings())
    EXPECT_NE(text.find("\n" + std::string{x.name} + " = "), std::string::npos) << x.key();
  std::istringstream lines{text};
  for (std::string line; std::getline(lines, line);)
    EXPECT_LE(line.size(), 100u) << line;
}

TEST(RenderTest, DocsPageIsUpToDate) {
  std::ifstream in{std::string{SOURCE_DIR} + "/docs/configuration.md"};
  std::string page{std::istreambuf_iterator<char>{in}, {}};
  EXPECT_TRUE(page == render_docs()) << "run: convertd config docs > docs/configuration.md";
}

} // namespace
} // namespace convertd
