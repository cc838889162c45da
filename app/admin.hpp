// What an operator may do to accounts and keys. The same functions run in the server, asked through
// the control socket, and in a command that holds the data directory's lock itself.
#pragma once

#include "job/error.hpp"
#include "storage/store.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace convertd {

/// Runs the function in one write batch and returns once that is durable, or with what failed. The
/// function only puts and erases; it may be run on another thread, but not later.
using executor = std::function<std::optional<failure>(std::function<void(write_batch&)>)>;

enum class admin_verb : std::uint8_t {
  create_key,
  list_keys,
  revoke_key,
  create_account,
  list_accounts,
  set_plan,
  show_account,
};

struct admin_request {
  admin_verb verb = admin_verb::list_keys;
  std::string account{}; ///< Name. create_key makes the account if it is missing.
  std::string plan{};    ///< Empty = `unlimited` for a new account, and any for one that is there.
  std::string label{};
  std::string key{};      ///< revoke_key: the key's text or its hint.
  bool admin = false;     ///< create_key: with the scope `admin`.
  std::uint32_t from = 0; ///< Lists: how many to leave out.
};

struct key_line {
  std::string hint;
  std::string label;
  std::string account;
  bool admin = false;
  std::string created;
};

struct account_line {
  std::string name;
  std::string plan;
  std::string created;
};

struct admin_reply {
  failure error;             ///< With it everything else is empty.
  std::string key;           ///< create_key: the text, to be shown once.
  bool account_made = false; ///< create_key: the account was missing.
  std::vector<key_line> keys;
  std::vector<account_line> accounts;
  std::vector<std::pair<std::string, std::string>>
    facts;           ///< show_account: what is known, in order.
  bool more = false; ///< A list goes on: ask again from where it ended.
};

/// Lines of one reply to a list, so that it fits into control_bytes_max.
inline constexpr std::uint32_t admin_lines_max = 100;
inline constexpr std::size_t account_name_max = 64; ///< Bytes; letters, digits and . _ @ + -
inline constexpr std::size_t label_max = 100;       ///< Bytes of UTF-8 without control characters.

/// Plan names are not checked here: only the configuration knows them. Throws store_error if
/// reading fails.
admin_reply perform(const store& records, const executor& run, const admin_request& what);

/// For a process that is the only one with the store open: a write_batch and its commit.
executor direct_executor(store& records);

} // namespace convertd
