#include "config/load.hpp"

#include "config/apply.hpp"
#include "config/nearest.hpp"

#include <fstream>
#include <iterator>
#include <unistd.h>

namespace convertd {

namespace {

constexpr std::string_view prefix = "CONVERTD_";
constexpr std::string_view file_variable = "CONVERTD_CONFIG";
constexpr auto default_file = "/etc/convertd/convertd.toml";

/// Variables of other parts: those of the verbs that speak to a server, and the fault hooks' in
/// builds that have hooks.
bool is_foreign(std::string_view name) {
#ifdef CONVERTD_TEST_HOOKS
  if (name == "CONVERTD_FAULT" || name.starts_with("CONVERTD_CRASH_"))
    return true;
#endif
  return name == "CONVERTD_KEY" || name == "CONVERTD_SERVER";
}

const setting_row* setting_of_variable(std::string_view name) {
  for (const auto& x : all_settings())
    if (x.variable() == name)
      return &x;
  return nullptr;
}

std::vector<std::string> variable_names() {
  std::vector<std::string> result{std::string{file_variable}};
  for (const auto& x : all_settings())
    result.push_back(x.variable());
  return result;
}

void apply_file(settings& to, const std::filesystem::path& path, complaints& wrong) {
  std::error_code ignored;
  std::ifstream in{path, std::ios::binary};
  if (!in || std::filesystem::is_directory(path, ignored)) {
    wrong.push_back("The configuration file " + path.string() + " cannot be read.");
    return;
  }
  std::string text{std::istreambuf_iterator<char>{in}, {}};
  apply_toml(to, text, path.string(), wrong);
}

void apply_environment(settings& to, const std::vector<named_text>& variables, complaints& wrong) {
  for (const auto& [name, text] : variables) {
    if (!name.starts_with(prefix) || name == file_variable || is_foreign(name))
      continue;
    if (const auto* x = setting_of_variable(name))
      apply_text(to, *x, text, "in the environment variable " + name, wrong);
    else
      wrong.push_back("Unknown environment variable " + name + suggestion(name, variable_names())
                      + ".");
  }
}

void apply_flags(settings& to, const std::vector<named_text>& flags, complaints& wrong) {
  for (const auto& [key, text] : flags)
    if (const auto* x = find_setting(key))
      apply_text(to, *x, text, "in the flag " + x->flag(), wrong);
}

std::string joined(const complaints& lines) {
  std::string result;
  for (const auto& x : lines)
    result += (result.empty() ? "" : "\n") + x;
  return result;
}

} // namespace

std::optional<std::filesystem::path> config_file(const std::string& flag,
                                                 const std::vector<named_text>& environment) {
  if (!flag.empty())
    return flag;
  for (const auto& [name, text] : environment)
    if (name == file_variable && !text.empty())
      return text;
  std::error_code ignored;
  if (std::filesystem::exists(default_file, ignored))
    return default_file;
  return std::nullopt;
}

std::vector<named_text> process_environment() {
  std::vector<named_text> result;
  for (auto** x = environ; x != nullptr && *x != nullptr; ++x) {
    std::string_view text{*x};
    if (auto equals = text.find('='); equals != std::string_view::npos)
      result.emplace_back(text.substr(0, equals), text.substr(equals + 1));
  }
  return result;
}

settings load_settings(const config_sources& from) {
  settings result;
  complaints wrong;
  if (from.file)
    apply_file(result, *from.file, wrong);
  apply_environment(result, from.environment, wrong);
  apply_flags(result, from.flags, wrong);
  if (wrong.empty())
    if (auto x = contradiction(result))
      wrong.push_back(*x + ".");
  if (!wrong.empty())
    throw config_error{joined(wrong)};
  return result;
}

const setting_row* find_setting(std::string_view key) {
  for (const auto& x : all_settings())
    if (x.key() == key)
      return &x;
  return nullptr;
}

std::string suggestion(std::string_view word, const std::vector<std::string>& words) {
  auto best = nearest(word, words);
  return best.empty() ? "." : "; did you mean " + best + "?";
}

void apply_text(settings& to, const setting_row& what, std::string_view text,
                const std::string& origin, complaints& wrong) {
  auto value = read_value(what.rule, text);
  if (const auto* good = std::get_if<raw_value>(&value))
    what.set(to, *good);
  else
    wrong.push_back(what.key() + " = \"" + std::string{text} + "\" " + origin + ": "
                    + std::get<std::string>(value) + ".");
}

} // namespace convertd
