// Requests that count in a month's quota.
#include "storage/lmdb.hpp"
#include "storage/record.hpp"
#include "storage/store.hpp"

namespace convertd {

namespace {

std::uint64_t find_requests(MDB_txn* txn, const store::databases& tables, std::string_view key) {
  auto found = find(txn, tables.usage, key);
  return found ? decode_requests(*found) : 0;
}

} // namespace

std::uint64_t read_view::requests(account_id account, month_number month) const {
  return find_requests(txn_, store_->tables(), usage_key(account, month));
}

void write_batch::count_requests(account_id account, month_number month, std::uint64_t more) {
  const auto& tables = store_->tables();
  auto key = usage_key(account, month);
  put(txn_, tables.usage, key, encode_requests(find_requests(txn_, tables, key) + more));
}

} // namespace convertd
