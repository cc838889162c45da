#include "config/render.hpp"

#include "config/table.hpp"
#include "config/values.hpp"

#include <cstdio>

namespace convertd {

namespace {

/// Text in quotes as TOML's basic strings want it.
std::string toml_string(std::string_view text) {
  std::string result = "\"";
  for (auto c : text) {
    if (c == '"' || c == '\\')
      result += '\\';
    if (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f) {
      result += c;
      continue;
    }
    char escape[8];
    std::snprintf(escape, sizeof escape, "\\u%04X", static_cast<unsigned>(c));
    result += escape;
  }
  return result + '"';
}

std::string toml_value(const value_rule& rule, const raw_value& value) {
  auto text = value_text(rule, value);
  return rule.kind == value_kind::count || rule.kind == value_kind::boolean ? text
                                                                            : toml_string(text);
}

/// `text` as comment lines of at most 96 characters.
std::string comment(std::string_view text) {
  constexpr std::size_t width = 94;
  std::string result;
  while (text.size() > width) {
    auto cut = text.rfind(' ', width);
    if (cut == std::string_view::npos)
      break;
    result += "# " + std::string{text.substr(0, cut)} + "\n";
    text.remove_prefix(cut + 1);
  }
  return result + "# " + std::string{text} + "\n";
}

/// The range where it says something that help and name do not.
std::string range_of(const value_rule& rule) {
  switch (rule.kind) {
    case value_kind::text:
    case value_kind::path: return "";
    case value_kind::choice: return " One of " + allowed_text(rule) + ".";
    default: return " Allowed: " + allowed_text(rule) + ".";
  }
}

/// A key that needs quotes gets them.
std::string toml_key(const std::string& name) {
  auto bare =
    name.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-")
    == std::string::npos;
  return bare && !name.empty() ? name : toml_string(name);
}

void add_plans(std::string& out, const settings& x) {
  out +=
    "\n# Plans: what an account may do. 0 means no limit; the plan \"unlimited\" has none and is "
    "always\n# there. A table here changes a built-in plan or adds one.\n";
  for (const auto& column : plan_columns())
    out += comment(std::string{column.name} + ": " + std::string{column.help});
  for (const auto& row : x.plans) {
    out += "\n[plans." + toml_key(row.name) + "]\n";
    for (const auto& column : plan_columns())
      out += std::string{column.name} + " = " + toml_value(column.rule, row.*column.member) + "\n";
  }
}

std::string or_nothing(const std::string& text) {
  return text.empty() ? "–" : "`" + text + "`";
}

void add_plan_docs(std::string& out) {
  out +=
    "\n## [plans.NAME]\n\nWhat an account may do. 0 means no limit. These plans are built in; a "
    "table in the file changes\none of them or adds another. The plan `unlimited` has no limits "
    "and is always there.\n\n| plan |";
  for (const auto& column : plan_columns())
    out += " `" + std::string{column.name} + "` |";
  out += "\n|---|---|---|---|---|---|---|\n";
  for (const auto& row : built_in_plans()) {
    out += "| " + row.name + " |";
    for (const auto& column : plan_columns())
      out += " " + value_text(column.rule, row.*column.member) + " |";
    out += "\n";
  }
  out += "\n";
  for (const auto& column : plan_columns())
    out += "- `" + std::string{column.name} + "`: " + std::string{column.help} + "\n";
}

constexpr auto docs_head = R"(# Configuration

<!-- Made by `convertd config docs`. Change config/table.cpp, not this page. -->

Every setting can be given in three ways: as a flag of `convertd serve`, as an environment variable,
and in a TOML file. The flag goes before the variable, the variable before the file, the file before
the default. The file is the one of `--config`, else of `CONVERTD_CONFIG`, else
`/etc/convertd/convertd.toml` if it exists.

An unknown key in the file, an unknown variable that starts with `CONVERTD_`, and a value outside
its range stop the start. `convertd config check` says what is wrong, `convertd config show` prints
the settings in force as a complete file.

The flag of `limits.time` is `--limits-time`, its variable `CONVERTD_LIMITS_TIME`.

- Sizes: a number and B, KB, MB, GB, TB (powers of 1000) or KiB, MiB, GiB, TiB (powers of 1024).
- Durations: a number and ms, s, min, h or d.
)";

} // namespace

std::string render_toml(const settings& x) {
  std::string out = "# Configuration of convertd. Every setting is here; what is left out has its "
                    "default.\n# Sizes: 64KiB, 500MB, 10GiB. Durations: 500ms, 30s, 15min, 24h, "
                    "30d.\n";
  std::string_view group;
  for (const auto& row : all_settings()) {
    if (row.group != group) {
      group = row.group;
      out += "\n[" + std::string{group} + "]\n";
      for (const auto& about : all_groups())
        if (about.name == group)
          out += comment(about.help);
    }
    out += "\n" + comment(std::string{row.help} + range_of(row.rule));
    out += std::string{row.name} + " = " + toml_value(row.rule, row.get(x)) + "\n";
  }
  add_plans(out, x);
  return out;
}

std::string render_docs() {
  const settings defaults;
  std::string out = docs_head;
  for (const auto& group : all_groups()) {
    out += "\n## " + (group.name.empty() ? "Top" : "[" + std::string{group.name} + "]") + "\n\n"
           + std::string{group.help}
           + "\n\n| key | default | allowed | meaning |\n|---|---|---|---|\n";
    for (const auto& row : all_settings())
      if (row.group == group.name)
        out += "| `" + std::string{row.name} + "` | "
               + or_nothing(value_text(row.rule, row.get(defaults))) + " | "
               + allowed_text(row.rule) + " | " + std::string{row.help} + " |\n";
  }
  add_plan_docs(out);
  return out;
}

} // namespace convertd
