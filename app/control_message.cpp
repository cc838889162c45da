#include "app/control_message.hpp"

#include "http/json.hpp"

#include <simdjson.h>

#include <array>
#include <cstdint>

namespace convertd {

namespace {

using json = simdjson::dom::element;

constexpr std::array<std::string_view, 7> verbs{"create_key",     "list_keys",     "revoke_key",
                                                "create_account", "list_accounts", "set_plan",
                                                "show_account"};

std::string text_of(json from, std::string_view name) {
  std::string_view value;
  return from[name].get(value) == simdjson::SUCCESS ? std::string{value} : std::string{};
}

bool flag_of(json from, std::string_view name) {
  bool value = false;
  return from[name].get(value) == simdjson::SUCCESS && value;
}

std::uint32_t count_of(json from, std::string_view name) {
  std::uint64_t value = 0;
  if (from[name].get(value) != simdjson::SUCCESS || value > 0xffff'ffff)
    return 0;
  return static_cast<std::uint32_t>(value);
}

std::optional<admin_verb> parse_verb(std::string_view name) {
  for (std::size_t i = 0; i < verbs.size(); ++i)
    if (verbs[i] == name)
      return static_cast<admin_verb>(i);
  return std::nullopt;
}

ec parse_code(std::string_view code) {
  for (std::uint16_t n = 1; n < 256; ++n)
    if (code_of(ec{n}) == code)
      return ec{n};
  return ec::internal;
}

key_line key_of(json x) {
  return {text_of(x, "hint"), text_of(x, "label"), text_of(x, "account"), flag_of(x, "admin"),
          text_of(x, "created")};
}

account_line account_of(json x) {
  return {text_of(x, "name"), text_of(x, "plan"), text_of(x, "created")};
}

std::pair<std::string, std::string> fact_of(json x) {
  return {text_of(x, "name"), text_of(x, "value")};
}

/// Fills `to` with what `read` makes of each element.
template <class T>
void read_list(json from, std::string_view name, std::vector<T>& to, T (*read)(json)) {
  simdjson::dom::array all;
  if (from[name].get(all) == simdjson::SUCCESS)
    for (auto x : all)
      to.push_back(read(x));
}

/// Runs `read` on the object that `text` is; nothing if it is none.
template <class T>
std::optional<T> with_object(std::string_view text, std::optional<T> (*read)(json)) {
  simdjson::dom::parser parser;
  json object;
  if (text.size() > control_bytes_max || parser.parse(text.data(), text.size()).get(object)
      || !object.is_object())
    return std::nullopt;
  return read(object);
}

std::optional<admin_request> request_of(json x) {
  auto verb = parse_verb(text_of(x, "verb"));
  if (!verb)
    return std::nullopt;
  return admin_request{*verb,
                       text_of(x, "account"),
                       text_of(x, "plan"),
                       text_of(x, "label"),
                       text_of(x, "key"),
                       flag_of(x, "admin"),
                       count_of(x, "from")};
}

std::optional<admin_reply> reply_of(json x) {
  bool ok = false;
  if (x["ok"].get(ok) != simdjson::SUCCESS)
    return std::nullopt;
  admin_reply result;
  if (!ok) {
    result.error = {parse_code(text_of(x, "code")), text_of(x, "error"), {}, {}};
    return result;
  }
  result.key = text_of(x, "key");
  result.account_made = flag_of(x, "accountMade");
  result.more = flag_of(x, "more");
  read_list(x, "keys", result.keys, key_of);
  read_list(x, "accounts", result.accounts, account_of);
  read_list(x, "facts", result.facts, fact_of);
  return result;
}

void write_lists(json_writer& out, const admin_reply& x) {
  out.key("keys").begin_array();
  for (const auto& key : x.keys)
    out.begin_object()
      .field("hint", key.hint)
      .field("label", key.label)
      .field("account", key.account)
      .field("admin", key.admin)
      .field("created", key.created)
      .end_object();
  out.end_array().key("accounts").begin_array();
  for (const auto& account : x.accounts)
    out.begin_object()
      .field("name", account.name)
      .field("plan", account.plan)
      .field("created", account.created)
      .end_object();
  out.end_array().key("facts").begin_array();
  for (const auto& [name, value] : x.facts)
    out.begin_object().field("name", name).field("value", value).end_object();
  out.end_array();
}

} // namespace

std::string to_json(const admin_request& x) {
  json_writer out;
  out.begin_object()
    .field("verb", verbs.at(static_cast<std::size_t>(x.verb)))
    .field("account", x.account)
    .field("plan", x.plan)
    .field("label", x.label)
    .field("key", x.key)
    .field("admin", x.admin)
    .field("from", x.from)
    .end_object();
  return out.take();
}

std::string to_json(const admin_reply& x) {
  json_writer out;
  out.begin_object().field("ok", !x.error);
  if (x.error) {
    out.field("code", code_of(x.error.code)).field("error", x.error.text());
  } else {
    out.field("key", x.key).field("accountMade", x.account_made).field("more", x.more);
    write_lists(out, x);
  }
  out.end_object();
  return out.take();
}

std::optional<admin_request> parse_admin_request(std::string_view text) {
  return with_object<admin_request>(text, request_of);
}

std::optional<admin_reply> parse_admin_reply(std::string_view text) {
  return with_object<admin_reply>(text, reply_of);
}

} // namespace convertd
