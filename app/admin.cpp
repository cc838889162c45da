#include "app/admin.hpp"

#include "app/secret.hpp"
#include "http/auth.hpp"

#include <simdjson.h>

#include <algorithm>
#include <unordered_map>

namespace convertd {

namespace {

constexpr std::string_view default_plan = "unlimited";

admin_reply refused(ec code, std::string message) {
  admin_reply result;
  result.error = {code, std::move(message), {}, {}};
  return result;
}

admin_reply done_or(std::optional<failure> error) {
  admin_reply result;
  if (error)
    result.error = std::move(*error);
  return result;
}

std::string in_quotes(const std::string& text) {
  return "\"" + text + "\"";
}

bool is_account_name(std::string_view name) {
  constexpr auto allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._@+-";
  return !name.empty() && name.size() <= account_name_max
         && name.find_first_not_of(allowed) == std::string_view::npos;
}

bool is_label(std::string_view text) {
  auto control = [](unsigned char c) { return c < 0x20 || c == 0x7f; };
  return text.size() <= label_max && std::none_of(text.begin(), text.end(), control)
         && simdjson::validate_utf8(text.data(), text.size());
}

admin_reply bad_name() {
  return refused(ec::invalid_setting,
                 "An account's name has 1 to 64 letters, digits or characters of . _ @ + -");
}

admin_reply no_account(const std::string& name) {
  return refused(ec::not_found, "There is no account " + in_quotes(name) + ".");
}

std::string plan_or_default(const std::string& plan) {
  return plan.empty() ? std::string{default_plan} : plan;
}

/// Why `x` cannot have a key in `account`; without an account it will be made.
std::optional<admin_reply> key_refused(const std::optional<account_record>& account,
                                       const admin_request& x) {
  if (!is_label(x.label))
    return refused(ec::invalid_setting,
                   "A label has at most 100 bytes of UTF-8 without control characters.");
  if (account && !x.plan.empty() && x.plan != account->plan)
    return refused(ec::already_exists, "The account " + in_quotes(x.account) + " has the plan "
                                         + in_quotes(account->plan) + "; change it with: convertd "
                                         + "accounts set-plan " + x.account + " " + x.plan);
  return std::nullopt;
}

admin_reply create_key(const store& records, const executor& run, const admin_request& x) {
  if (!is_account_name(x.account))
    return bad_name();
  auto account = read_view{records}.account_named(x.account);
  if (auto why = key_refused(account, x))
    return *why;
  auto now = wall_clock();
  auto text = new_key_text();
  // By value throughout: when the server answers too late, the function runs after we have gone.
  auto error = run([account, x, now, text](write_batch& batch) {
    auto owner =
      account ? account->id : batch.add_account(x.account, plan_or_default(x.plan), now).id;
    batch.put_key({hash_of_key(text), owner, x.label, hint_of_key(text), x.admin, now});
  });
  auto result = done_or(std::move(error));
  if (!result.error) {
    result.key = std::move(text);
    result.account_made = !account;
  }
  return result;
}

/// The part of `all` that one reply holds.
template <class T>
std::vector<T> page(std::vector<T> all, std::uint32_t from, bool& more) {
  std::stable_sort(all.begin(), all.end(),
                   [](const T& a, const T& b) { return a.created < b.created; });
  auto first = std::min<std::size_t>(from, all.size());
  auto last = std::min<std::size_t>(first + admin_lines_max, all.size());
  more = last < all.size();
  return {all.begin() + static_cast<std::ptrdiff_t>(first),
          all.begin() + static_cast<std::ptrdiff_t>(last)};
}

admin_reply list_keys(const store& records, const admin_request& x) {
  read_view view{records};
  std::unordered_map<account_id, std::string> names;
  for (const auto& account : view.accounts())
    names[account.id] = account.name;
  admin_reply result;
  for (const auto& key : page(view.keys(), x.from, result.more))
    result.keys.push_back(
      {key.hint, key.label, names[key.account], key.admin, to_rfc3339(key.created)});
  return result;
}

admin_reply list_accounts(const store& records, const admin_request& x) {
  admin_reply result;
  for (const auto& account : page(read_view{records}.accounts(), x.from, result.more))
    result.accounts.push_back({account.name, account.plan, to_rfc3339(account.created)});
  return result;
}

admin_reply revoke_key(const store& records, const executor& run, const admin_request& x) {
  std::vector<key_record> found;
  auto hash = hash_of_key(x.key);
  for (auto& key : read_view{records}.keys())
    if (key.hash == hash || key.hint == x.key)
      found.push_back(std::move(key));
  if (found.empty())
    return refused(ec::not_found, "There is no such key; \"convertd keys list\" shows the hints.");
  if (found.size() > 1)
    return refused(ec::invalid_setting, "Several keys have this hint; give the whole key.");
  return done_or(run([hash = found.front().hash](write_batch& batch) { batch.erase_key(hash); }));
}

admin_reply create_account(const store& records, const executor& run, const admin_request& x) {
  if (!is_account_name(x.account))
    return bad_name();
  if (read_view{records}.account_named(x.account))
    return refused(ec::already_exists, "The account " + in_quotes(x.account) + " exists already.");
  return done_or(run([x](write_batch& batch) {
    batch.add_account(x.account, plan_or_default(x.plan), wall_clock());
  }));
}

admin_reply set_plan(const store& records, const executor& run, const admin_request& x) {
  if (!is_account_name(x.account))
    return no_account(x.account);
  auto account = read_view{records}.account_named(x.account);
  if (!account)
    return no_account(x.account);
  account->plan = plan_or_default(x.plan);
  return done_or(run([record = *account](write_batch& batch) { batch.put_account(record); }));
}

std::uint64_t count_keys(const read_view& view, account_id of) {
  auto keys = view.keys();
  return static_cast<std::uint64_t>(
    std::count_if(keys.begin(), keys.end(), [&](const key_record& x) { return x.account == of; }));
}

admin_reply show_account(const store& records, const admin_request& x) {
  read_view view{records};
  auto account = is_account_name(x.account) ? view.account_named(x.account) : std::nullopt;
  if (!account)
    return no_account(x.account);
  auto totals = view.totals(account->id);
  auto jobs = [&](job_state state) { return totals.jobs[static_cast<std::size_t>(state)]; };
  auto month = month_of(wall_clock());
  admin_reply result;
  auto tell = [&](const char* name, std::uint64_t value) {
    result.facts.emplace_back(name, std::to_string(value));
  };
  result.facts = {
    {"account", account->name}, {"plan", account->plan}, {"created", to_rfc3339(account->created)}};
  tell("keys", count_keys(view, account->id));
  tell("jobs pending", jobs(job_state::pending));
  tell("jobs processing", jobs(job_state::processing));
  tell("jobs completed", jobs(job_state::completed));
  tell("jobs failed", jobs(job_state::failed));
  tell("stored files", totals.stored_files);
  tell("storage bytes", totals.storage_bytes());
  result.facts.emplace_back("requests in " + to_text(month),
                            std::to_string(view.requests(account->id, month)));
  return result;
}

} // namespace

admin_reply perform(const store& records, const executor& run, const admin_request& what) {
  switch (what.verb) {
    case admin_verb::create_key: return create_key(records, run, what);
    case admin_verb::list_keys: return list_keys(records, what);
    case admin_verb::revoke_key: return revoke_key(records, run, what);
    case admin_verb::create_account: return create_account(records, run, what);
    case admin_verb::list_accounts: return list_accounts(records, what);
    case admin_verb::set_plan: return set_plan(records, run, what);
    case admin_verb::show_account: return show_account(records, what);
  }
  return refused(ec::internal, "Unknown administrative verb.");
}

executor direct_executor(store& records) {
  return [&records](const std::function<void(write_batch&)>& work) -> std::optional<failure> {
    try {
      write_batch batch{records};
      work(batch);
      batch.commit();
      return std::nullopt;
    } catch (const store_error& x) {
      return failure{x.full() ? ec::storage_full : ec::internal, x.what(), {}, {}};
    }
  };
}

} // namespace convertd
