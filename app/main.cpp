// The program convertd: reads its command line, does what the verb says.
#include "app/store_child.hpp"
#include "app/verbs.hpp"
#include "config/load.hpp"

#include <CLI/CLI.hpp>
#include <exception>
#include <iostream>

namespace {

/// What CLI11 has to say, as an exit code of ours.
int complain(const CLI::App& app, const CLI::ParseError& x) {
  auto asked_for_help = x.get_exit_code() == 0;
  app.exit(x);
  return asked_for_help ? 0 : convertd::exit_usage;
}

/// Every way of failing becomes a line on stderr and an exit code.
int carry_out(const convertd::action& chosen) {
  try {
    return chosen();
  } catch (const convertd::config_error& x) {
    std::cerr << "convertd: the configuration is wrong:\n" << x.what() << "\n";
    return convertd::exit_usage;
  } catch (const convertd::store_refused& x) {
    std::cerr << "convertd: " << x.what() << "\n";
    return x.state() == convertd::store_state::newer ? convertd::exit_newer
                                                     : convertd::exit_damaged;
  } catch (const std::exception& x) {
    std::cerr << "convertd: " << x.what() << "\n";
    return convertd::exit_failed;
  }
}

} // namespace

int main(int argc, char** argv) {
  CLI::App app{"convertd converts images: an HTTP server and the verbs to look after it."};
  app.set_version_flag("--version", "convertd " CONVERTD_VERSION);
  app.require_subcommand(1);
  app.failure_message(CLI::FailureMessage::simple);

  convertd::action chosen;
  convertd::add_serve_verb(app, chosen);
  convertd::add_key_verbs(app, chosen);
  convertd::add_account_verbs(app, chosen);
  convertd::add_jobs_verbs(app, chosen);
  convertd::add_convert_verb(app, chosen);
  convertd::add_store_verbs(app, chosen);
  convertd::add_config_verbs(app, chosen);
  convertd::add_doctor_verb(app, chosen);
  convertd::add_docs_verb(app, chosen);
  convertd::add_version_verb(app, chosen);

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& x) {
    return complain(app, x);
  }
  return carry_out(chosen);
}
