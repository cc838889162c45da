// The verbs `keys` and `accounts`.
#include "app/administer.hpp"
#include "app/table.hpp"
#include "app/verbs.hpp"
#include "config/flags.hpp"

#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

namespace convertd {

namespace {

struct given {
  given_flags place;
  admin_request what;
};

using report = std::function<void(const admin_request&, const admin_reply&)>;

int refuse(const failure& why) {
  std::cerr << "convertd: " << why.text() << "\n";
  return exit_failed;
}

/// Plans are known to the configuration, so that they are checked here and not where they are kept.
std::optional<failure> unknown_plan(const settings& from, const std::string& name) {
  if (name.empty() || find_plan(from, name) != nullptr)
    return std::nullopt;
  std::string known = "unlimited";
  for (const auto& x : from.plans)
    known += ", " + x.name;
  return failure{ec::invalid_setting,
                 "There is no plan \"" + name + "\"; the configuration has " + known + ".",
                 {},
                 {}};
}

int carry_out(const given& x, const report& tell) {
  auto with = load_settings(x.place);
  if (auto wrong = unknown_plan(with, x.what.plan))
    return refuse(*wrong);
  auto list = x.what.verb == admin_verb::list_keys || x.what.verb == admin_verb::list_accounts;
  auto reply = list ? administer_list(with, x.what) : administer(with, x.what);
  if (reply.error)
    return refuse(reply.error);
  tell(x.what, reply);
  return 0;
}

/// Adds a verb; the result is where its own arguments go.
std::pair<CLI::App*, std::shared_ptr<given>> add_verb(CLI::App& to, action& chosen, admin_verb verb,
                                                      const std::string& name,
                                                      const std::string& help, report tell) {
  auto into = std::make_shared<given>();
  into->what.verb = verb;
  auto* result = to.add_subcommand(name, help);
  add_place_flags(*result, into->place);
  result->callback([&chosen, into, tell = std::move(tell)] {
    chosen = [into, tell] { return carry_out(*into, tell); };
  });
  return {result, into};
}

void tell_key(const admin_request& what, const admin_reply& x) {
  if (x.account_made)
    std::cerr << "Made the account " << what.account << ".\n";
  std::cerr << "A key of the account " << what.account << (what.admin ? ", with scope admin" : "")
            << ". It is shown only now:\n";
  std::cout << x.key << std::endl;
}

void tell_keys(const admin_request&, const admin_reply& x) {
  std::vector<std::vector<std::string>> rows{{"KEY", "ACCOUNT", "SCOPE", "CREATED", "LABEL"}};
  for (const auto& key : x.keys)
    rows.push_back({key.hint, key.account, key.admin ? "admin" : "-", key.created, key.label});
  print_table(rows);
}

void tell_accounts(const admin_request&, const admin_reply& x) {
  std::vector<std::vector<std::string>> rows{{"ACCOUNT", "PLAN", "CREATED"}};
  for (const auto& account : x.accounts)
    rows.push_back({account.name, account.plan, account.created});
  print_table(rows);
}

void tell_facts(const admin_request&, const admin_reply& x) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& [name, value] : x.facts)
    rows.push_back({name, value});
  print_table(rows);
}

void tell_done(const admin_request&, const admin_reply&) {
  std::cerr << "Done.\n";
}

void add_key_creation(CLI::App& to, action& chosen) {
  auto [verb, into] = add_verb(to, chosen, admin_verb::create_key, "create",
                               "Make a key and print it; it is shown this once", tell_key);
  auto& what = into->what;
  what.account = "default";
  verb->add_option("--account", what.account, "Account of the key; made if it is missing")
    ->type_name("NAME")
    ->capture_default_str();
  verb->add_option("--plan", what.plan, "Plan of an account that is made (unlimited)")
    ->type_name("PLAN");
  verb->add_option("--label", what.label, "What the key is for, to be shown in lists")
    ->type_name("TEXT");
  verb->add_flag("--admin", what.admin, "With the scope admin: sees the server's own figures");
}

} // namespace

void add_key_verbs(CLI::App& to, action& chosen) {
  auto* keys = to.add_subcommand("keys", "Make, list and revoke API keys");
  keys->require_subcommand(1);
  add_key_creation(*keys, chosen);
  add_verb(*keys, chosen, admin_verb::list_keys, "list",
           "List the keys by their first characters, never whole", tell_keys);
  auto [revoke, into] =
    add_verb(*keys, chosen, admin_verb::revoke_key, "revoke", "Revoke a key, at once", tell_done);
  revoke->add_option("key", into->what.key, "The key, or its first characters as in the list")
    ->required()
    ->type_name("KEY");
}

void add_account_verbs(CLI::App& to, action& chosen) {
  auto* accounts = to.add_subcommand("accounts", "Make and list accounts, change their plans");
  accounts->require_subcommand(1);
  auto [create, made] =
    add_verb(*accounts, chosen, admin_verb::create_account, "create", "Make an account", tell_done);
  create->add_option("name", made->what.account, "Its name")->required()->type_name("NAME");
  create->add_option("--plan", made->what.plan, "Its plan (unlimited)")->type_name("PLAN");
  add_verb(*accounts, chosen, admin_verb::list_accounts, "list", "List the accounts",
           tell_accounts);
  auto [show, shown] = add_verb(*accounts, chosen, admin_verb::show_account, "show",
                                "Show an account: its plan and what it uses", tell_facts);
  show->add_option("name", shown->what.account, "The account")->required()->type_name("NAME");
  auto [plan, changed] = add_verb(*accounts, chosen, admin_verb::set_plan, "set-plan",
                                  "Give an account another plan, at once", tell_done);
  plan->alias("plan");
  plan->add_option("name", changed->what.account, "The account")->required()->type_name("NAME");
  plan->add_option("plan", changed->what.plan, "Its new plan")->required()->type_name("PLAN");
}

} // namespace convertd
