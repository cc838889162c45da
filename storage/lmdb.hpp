// LMDB behind RAII: errors as exceptions, keys as text, cursors that close themselves.
#pragma once

#include "job/ids.hpp"
#include "job/job_state.hpp"
#include "job/month.hpp"
#include "job/time.hpp"
#include "storage/store.hpp"

#include <lmdb.h>

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace convertd {

/// Throws store_error unless `code` is 0. MDB_MAP_FULL and ENOSPC count as full.
void check_lmdb(int code, const char* what);

inline MDB_val to_val(std::string_view x) {
  return {x.size(), const_cast<char*>(x.data())}; // LMDB takes it non-const and does not write
}

inline std::string_view to_view(const MDB_val& x) {
  return {static_cast<const char*>(x.mv_data), x.mv_size};
}

/// Every database of the environment. docs/store-format.md has the same table for people.
class store::databases {
public:
  MDB_dbi meta{};       ///< text → text: "format", "next_account"
  MDB_dbi job{};        ///< job → job record
  MDB_dbi spec{};       ///< job → spec record
  MDB_dbi file{};       ///< job + index → file record
  MDB_dbi ended{};      ///< job + change + index of a file that has ended → nothing
  MDB_dbi source{};     ///< job → bytes of its sources, when they are few
  MDB_dbi output{};     ///< stored file → its place
  MDB_dbi bytes{};      ///< stored file → its bytes, when they are few
  MDB_dbi by_account{}; ///< account + job → nothing
  MDB_dbi by_state{};   ///< account + state + job → nothing
  MDB_dbi live{};       ///< job that is not final → nothing
  MDB_dbi due{};        ///< time + job → nothing
  MDB_dbi doomed{};     ///< job whose folder must go → nothing
  MDB_dbi account{};    ///< account → account record
  MDB_dbi name{};       ///< account's name → its number
  MDB_dbi totals{};     ///< account → totals record
  MDB_dbi key{};        ///< SHA-256 → key record
  MDB_dbi saved{};      ///< stored file → saved file record
  MDB_dbi stored{};     ///< account + stored file → nothing
  MDB_dbi usage{};      ///< account + month → requests record

  MDB_dbi doomed_file{}; ///< stored file whose bytes on disk must go → its place, or nothing
  MDB_dbi idempotency{}; ///< account + key → idempotency record

  MDB_dbi idempotency_due{}; ///< time of its request + account + key → nothing

  MDB_dbi webhook{};  ///< account + webhook → webhook record
  MDB_dbi callback{}; ///< job → callback record
  MDB_dbi delivery{}; ///< account + delivery → delivery record
  MDB_dbi outbox{};   ///< job + target + pending delivery → the delivery's account
  MDB_dbi strand{};   ///< target + time + job → nothing; see storage/outbox.hpp

  static constexpr unsigned count = 28;
  static constexpr MDB_dbi missing = ~MDB_dbi{0}; ///< In a store of an older format, only read.
};

/// Big endian, so that LMDB's bytewise order is the order of the numbers.
template <class T>
std::string big_endian(T x) {
  std::string out(sizeof(T), '\0');
  for (auto i = sizeof(T); i-- > 0;) {
    out[i] = static_cast<char>(x & 0xFF);
    if constexpr (sizeof(T) > 1)
      x = static_cast<T>(x >> 8);
  }
  return out;
}

template <class T>
T from_big_endian(std::string_view bytes) {
  T x = 0;
  for (std::size_t i = 0; i < sizeof(T) && i < bytes.size(); ++i)
    x = static_cast<T>(x << 8 | static_cast<std::uint8_t>(bytes[i]));
  return x;
}

std::string file_key(job_id job, std::uint32_t index);
std::string ended_key(job_id job, std::uint64_t change, std::uint32_t index);
std::string account_key(account_id account, job_id job);
std::string state_key(account_id account, job_state state, job_id job);
std::string due_key(timestamp at, job_id job);
std::string stored_key(account_id account, file_id file);
std::string idempotency_key(account_id account, std::string_view key);
std::string idempotency_due_key(timestamp at, account_id account, std::string_view key);
std::string usage_key(account_id account, month_number month);

/// What `key` holds, valid until the transaction writes or ends; nothing if there is no such key.
std::optional<std::string_view> find(MDB_txn* txn, MDB_dbi in, std::string_view key);

void put(MDB_txn* txn, MDB_dbi in, std::string_view key, std::string_view value);
/// False if there was no such key.
bool erase(MDB_txn* txn, MDB_dbi in, std::string_view key);

/// The databases with their names, in an order that never matters.
struct named_database {
  const char* name;
  MDB_dbi store::databases::*handle;
};
std::span<const named_database> all_tables();

/// A position in one database. Dies before its transaction.
class cursor {
public:
  cursor(MDB_txn* txn, MDB_dbi in);
  ~cursor();
  cursor(const cursor&) = delete;
  cursor& operator=(const cursor&) = delete;

  /// To the first key that is not less than `key`; false when there is none.
  bool seek(std::string_view key);
  /// To that very key; quick when it is on the page where the cursor stands.
  bool find(std::string_view key);
  bool first();
  bool last();
  bool next();
  bool previous();

  std::string_view key() const {
    return to_view(key_);
  }
  std::string_view value() const {
    return to_view(value_);
  }

  /// Deletes the current entry; the cursor then stands before the next.
  void erase();

private:
  bool move(MDB_cursor_op op);

  MDB_cursor* cursor_ = nullptr;
  MDB_val key_{};
  MDB_val value_{};
};

/// For many keys that come nearly in their order: find(), from where the last one of the same
/// database was. Dies before its transaction.
class near_finder {
public:
  explicit near_finder(MDB_txn* txn) : txn_{txn} {}

  std::optional<std::string_view> operator()(MDB_dbi in, std::string_view key);

private:
  MDB_txn* txn_;
  std::vector<std::unique_ptr<cursor>> cursors_; ///< By their database.
};

} // namespace convertd
