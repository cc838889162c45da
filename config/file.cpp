// The TOML file over the settings. toml++ is used here and nowhere else.
#include "config/apply.hpp"

#include <cstdint>
#include <toml++/toml.h>

namespace convertd {

namespace {

/// One walk through a file: what it is called, where the values go, what was wrong.
class file_reader {
public:
  file_reader(settings& to, const std::string& name, complaints& wrong)
    : to_{to}, name_{name}, wrong_{wrong} {}

  void read(const toml::table& top);

private:
  void read_group(std::string_view group, const toml::table& in);
  void read_setting(const setting_row& what, const toml::node& value);
  void read_plans(const toml::table& plans);
  void read_plan(const std::string& name, const toml::table& in);
  void read_plan_line(plan& row, const std::string& key, const toml::node& value);

  std::string place(const toml::node& x) const {
    return "in " + name_ + ", line " + std::to_string(x.source().begin.line);
  }
  void unknown(const std::string& what, const std::string& key, const toml::node& x,
               const std::vector<std::string>& words);

  settings& to_;
  const std::string& name_;
  complaints& wrong_;
};

/// A value as the text that stands for it in a flag; nothing for arrays, tables, dates, fractions.
std::optional<std::string> plain_text(const toml::node& x) {
  if (const auto* text = x.as_string())
    return text->get();
  if (const auto* number = x.as_integer())
    return std::to_string(number->get());
  if (const auto* boolean = x.as_boolean())
    return boolean->get() ? "true" : "false";
  return std::nullopt;
}

/// Numbers may be written as numbers or in quotes; text only in quotes.
bool right_type(const value_rule& rule, const toml::node& x) {
  auto textual = rule.kind == value_kind::text || rule.kind == value_kind::path
                 || rule.kind == value_kind::choice;
  if (textual)
    return x.is_string();
  return rule.kind == value_kind::boolean ? x.is_boolean() : x.is_string() || x.is_integer();
}

std::vector<std::string> all_keys() {
  std::vector<std::string> result;
  for (const auto& x : all_settings())
    result.push_back(x.key());
  return result;
}

std::vector<std::string> top_words() {
  auto result = all_keys();
  for (const auto& x : all_groups())
    if (!x.name.empty())
      result.emplace_back(x.name);
  result.emplace_back("plans");
  return result;
}

bool is_group(std::string_view name) {
  for (const auto& x : all_groups())
    if (!name.empty() && x.name == name)
      return true;
  return false;
}

void file_reader::unknown(const std::string& what, const std::string& key, const toml::node& x,
                          const std::vector<std::string>& words) {
  wrong_.push_back("Unknown " + what + " " + key + " " + place(x) + suggestion(key, words));
}

void file_reader::read(const toml::table& top) {
  for (const auto& [node_key, value] : top) {
    std::string key{node_key.str()};
    const auto* table = value.as_table();
    if (table != nullptr && key == "plans")
      read_plans(*table);
    else if (table != nullptr && is_group(key))
      read_group(key, *table);
    else if (const auto* x = find_setting(key))
      read_setting(*x, value);
    else
      unknown(table != nullptr ? "table" : "setting", key, value, top_words());
  }
}

void file_reader::read_group(std::string_view group, const toml::table& in) {
  for (const auto& [node_key, value] : in) {
    auto key = std::string{group} + "." + std::string{node_key.str()};
    if (const auto* x = find_setting(key))
      read_setting(*x, value);
    else
      unknown("setting", key, value, all_keys());
  }
}

void file_reader::read_setting(const setting_row& what, const toml::node& value) {
  auto text = plain_text(value);
  if (text && right_type(what.rule, value))
    apply_text(to_, what, *text, place(value), wrong_);
  else if (value.is_string() || !text || what.rule.kind == value_kind::count)
    wrong_.push_back(what.key() + " " + place(value) + ": must be " + allowed_text(what.rule)
                     + ".");
  else
    wrong_.push_back(what.key() + " = " + *text + " " + place(value) + ": must be in quotes.");
}

void file_reader::read_plans(const toml::table& plans) {
  for (const auto& [node_key, value] : plans) {
    std::string name{node_key.str()};
    const auto* table = value.as_table();
    if (table == nullptr)
      wrong_.push_back("plans." + name + " " + place(value) + ": must be a table, [plans." + name
                       + "].");
    else if (name == "unlimited")
      wrong_.push_back("plans.unlimited " + place(value)
                       + ": this plan has no limits and cannot be given any; choose another name.");
    else
      read_plan(name, *table);
  }
}

void file_reader::read_plan(const std::string& name, const toml::table& in) {
  plan* row = nullptr;
  for (auto& x : to_.plans)
    if (x.name == name)
      row = &x;
  if (row == nullptr) {
    row = &to_.plans.emplace_back();
    row->name = name;
  }
  for (const auto& [node_key, value] : in)
    read_plan_line(*row, std::string{node_key.str()}, value);
}

void file_reader::read_plan_line(plan& row, const std::string& key, const toml::node& value) {
  std::vector<std::string> words;
  auto name = "plans." + row.name + "." + key;
  for (const auto& x : plan_columns()) {
    words.push_back("plans." + row.name + "." + std::string{x.name});
    if (x.name != key)
      continue;
    auto text = plain_text(value);
    auto result = text && right_type(x.rule, value) ? read_value(x.rule, *text)
                                                    : "must be " + allowed_text(x.rule);
    if (const auto* good = std::get_if<raw_value>(&result))
      row.*x.member = std::get<std::uint64_t>(*good);
    else
      wrong_.push_back(name + " = \"" + text.value_or("…") + "\" " + place(value) + ": "
                       + std::get<std::string>(result) + ".");
    return;
  }
  unknown("setting", name, value, words);
}

} // namespace

void apply_toml(settings& to, std::string_view text, const std::string& name, complaints& wrong) {
  try {
    file_reader{to, name, wrong}.read(toml::parse(text, name));
  } catch (const toml::parse_error& x) {
    wrong.push_back("The configuration file " + name + " is no TOML, line "
                    + std::to_string(x.source().begin.line) + ": " + std::string{x.description()}
                    + ".");
  }
}

} // namespace convertd
