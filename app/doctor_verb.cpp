// The verb `doctor`.
#include "app/doctor.hpp"
#include "app/verbs.hpp"
#include "config/flags.hpp"

#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

namespace convertd {

namespace {

const char* word_of(finding::weight x) {
  switch (x) {
    case finding::weight::good: return "good";
    case finding::weight::note: return "note";
    case finding::weight::wrong: return "wrong";
  }
  return "";
}

int print(const std::vector<finding>& found) {
  auto wrong = 0;
  for (const auto& x : found) {
    std::cout << word_of(x.is) << "\t" << x.about << "\t" << x.what << "\n";
    if (!x.advice.empty())
      std::cout << "\t\t" << x.advice << "\n";
    wrong += x.is == finding::weight::wrong ? 1 : 0;
  }
  if (wrong > 0)
    std::cerr << "convertd: " << wrong << (wrong == 1 ? " thing is" : " things are") << " wrong\n";
  return wrong > 0 ? exit_failed : 0;
}

} // namespace

void add_doctor_verb(CLI::App& to, action& chosen) {
  auto flags = std::make_shared<given_flags>();
  auto* verb = to.add_subcommand(
    "doctor", "Look at kernel, limits, disk and codecs, and say what to do; exits with 1 if "
              "something is wrong");
  add_setting_flags(*verb, *flags);
  verb->callback(
    [&chosen, flags] { chosen = [flags] { return print(examine(load_settings(*flags))); }; });
}

} // namespace convertd
