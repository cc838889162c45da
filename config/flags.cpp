#include "config/flags.hpp"

#include "config/table.hpp"

#include <CLI/CLI.hpp>

namespace convertd {

namespace {

std::string value_name(const value_rule& rule) {
  switch (rule.kind) {
    case value_kind::path: return "PATH";
    case value_kind::choice: return "WORD";
    case value_kind::count: return "NUMBER";
    case value_kind::size: return "SIZE";
    case value_kind::duration: return "DURATION";
    case value_kind::boolean: return "true|false";
    case value_kind::text: break;
  }
  return "TEXT";
}

std::string help_of(const setting_row& x) {
  const settings defaults;
  std::string result{x.help};
  auto standard = value_text(x.rule, x.get(defaults));
  if (x.rule.kind == value_kind::choice)
    result += " One of " + allowed_text(x.rule) + ".";
  return standard.empty() ? result : result + " Default: " + standard + ".";
}

void add_flag(CLI::App& to, given_flags& into, const setting_row& x) {
  auto take = [&into, key = x.key()](const std::string& text) {
    into.texts.emplace_back(key, text);
  };
  to.add_option_function<std::string>(x.flag(), take, help_of(x))
    ->type_name(value_name(x.rule))
    ->group(x.group.empty() ? "Settings" : "Settings: " + std::string{x.group});
}

void add_config_flag(CLI::App& to, given_flags& into) {
  to.add_option("--config", into.config,
                "Configuration file. Default: $CONVERTD_CONFIG, else /etc/convertd/convertd.toml "
                "if it exists.")
    ->type_name("PATH");
}

} // namespace

void add_setting_flags(CLI::App& to, given_flags& into) {
  add_config_flag(to, into);
  for (const auto& x : all_settings())
    add_flag(to, into, x);
}

void add_place_flags(CLI::App& to, given_flags& into) {
  add_config_flag(to, into);
  for (const auto& x : all_settings())
    if (x.key() == "data")
      add_flag(to, into, x);
}

settings load_settings(const given_flags& flags) {
  auto environment = process_environment();
  auto file = config_file(flags.config, environment);
  return load_settings({flags.texts, std::move(environment), std::move(file)});
}

} // namespace convertd
