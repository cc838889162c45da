// What the store keeps beside its records and what follows from them alone: indexes, lists, totals.
// A check compares it with what is there; a repair writes it anew. write_batch keeps it in step.
#pragma once

#include "storage/lmdb.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace convertd {

/// An entry that must be there. `value` of `output` lacks the name that the owner gave it.
struct derived_entry {
  const char* table;
  MDB_dbi handle;
  std::string_view key;
  std::string_view value;
};

struct derive_options {
  std::function<void(const derived_entry&)> entry;
  /// A record that is damaged, or does not fit the others: a sentence. It is then passed over.
  std::function<void(const std::string&)> damage;
  std::function<void()> tick; ///< Called now and then; may throw to end it.
};

/// Reads every record but the bytes of sources and outputs. The entries of `outbox` must be in
/// `txn` before those of `strand` are asked for, which come last.
void derive(MDB_txn* txn, const store::databases& tables, const derive_options& options);

/// The tables that derive() gives every entry of.
inline constexpr std::array derived_tables{
  "by_account", "by_state", "live",   "due",    "ended",           "output",
  "name",       "stored",   "outbox", "strand", "idempotency_due",
};

} // namespace convertd
