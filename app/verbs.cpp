#include "app/verbs.hpp"

#include "app/manual.hpp"
#include "app/metric_table.hpp"
#include "app/serve.hpp"
#include "config/flags.hpp"
#include "config/render.hpp"

#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

namespace convertd {

namespace {

/// A verb with all settings as flags, whose work gets the settings.
void add_settings_verb(CLI::App& to, action& chosen, const std::string& name,
                       const std::string& help, std::function<int(const settings&)> work) {
  auto flags = std::make_shared<given_flags>();
  auto* verb = to.add_subcommand(name, help);
  add_setting_flags(*verb, *flags);
  verb->callback([&chosen, flags, work = std::move(work)] {
    chosen = [flags, work] { return work(load_settings(*flags)); };
  });
}

int check(const settings&) {
  std::cout << "The configuration is right.\n";
  return 0;
}

int show(const settings& x) {
  std::cout << render_toml(x);
  return 0;
}

} // namespace

void add_serve_verb(CLI::App& to, action& chosen) {
  auto flags = std::make_shared<given_flags>();
  auto* verb = to.add_subcommand("serve", "Run the server until SIGTERM or SIGINT");
  add_setting_flags(*verb, *flags);
  verb->callback([&chosen, flags] {
    chosen = [flags] {
      auto read = [flags] { return load_settings(*flags); };
      return serve(read(), read);
    };
  });
}

void add_config_verbs(CLI::App& to, action& chosen) {
  auto* verb = to.add_subcommand("config", "Check or show the configuration");
  verb->require_subcommand(1);
  add_settings_verb(*verb, chosen, "check", "Say what is wrong with flags, environment and file",
                    check);
  add_settings_verb(*verb, chosen, "show", "Print the settings in force as a complete TOML file",
                    show);
  verb->add_subcommand("docs", "Print the page docs/configuration.md")->callback([&chosen] {
    chosen = [] {
      std::cout << render_docs();
      return 0;
    };
  });
}

void add_docs_verb(CLI::App& to, action& chosen) {
  auto* verb = to.add_subcommand("docs", "Print a page that is made from the program's own tables");
  verb->require_subcommand(1);
  auto page = [&](const char* name, const char* help, std::function<std::string()> render) {
    verb->add_subcommand(name, help)->callback([&chosen, render] {
      chosen = [render] {
        std::cout << render();
        return 0;
      };
    });
  };
  page("metrics", "Print the page docs/metrics.md", render_metric_docs);
  page("convertd.1", "Print the man page convertd(1)", [&to] { return render_man_page(to); });
  page("convertd.toml.5", "Print the man page convertd.toml(5)", render_toml_man);
  page("bash-completion", "Print the completion for bash",
       [&to] { return render_bash_completion(to); });
}

void add_version_verb(CLI::App& to, action& chosen) {
  to.add_subcommand("version", "Print the version")->callback([&chosen] {
    chosen = [] {
      std::cout << "convertd " CONVERTD_VERSION "\n";
      return 0;
    };
  });
}

} // namespace convertd
