#include "storage/lmdb.hpp"

#include <cerrno>

namespace convertd {

void check_lmdb(int code, const char* what) {
  if (code == 0)
    return;
  auto full = code == MDB_MAP_FULL || code == ENOSPC || code == EDQUOT;
  throw store_error{std::string{"store: "} + what + ": " + mdb_strerror(code),
                    full ? store_error::kind::full : store_error::kind::broken};
}

std::string file_key(job_id job, std::uint32_t index) {
  return std::string{job.view()} + big_endian(index);
}

std::string ended_key(job_id job, std::uint64_t change, std::uint32_t index) {
  return std::string{job.view()} + big_endian(change) + big_endian(index);
}

std::string account_key(account_id account, job_id job) {
  return big_endian(account) + std::string{job.view()};
}

std::string state_key(account_id account, job_state state, job_id job) {
  return big_endian(account) + static_cast<char>(state) + std::string{job.view()};
}

std::string due_key(timestamp at, job_id job) {
  auto millis = static_cast<std::uint64_t>(at.time_since_epoch().count());
  return big_endian(millis) + std::string{job.view()};
}

std::string usage_key(account_id account, month_number month) {
  return big_endian(account) + big_endian(month);
}

std::string stored_key(account_id account, file_id file) {
  return big_endian(account) + std::string{file.view()};
}

std::string idempotency_key(account_id account, std::string_view key) {
  return big_endian(account).append(key);
}

std::string idempotency_due_key(timestamp at, account_id account, std::string_view key) {
  auto millis = static_cast<std::uint64_t>(at.time_since_epoch().count());
  return big_endian(millis) + idempotency_key(account, key);
}

std::optional<std::string_view> find(MDB_txn* txn, MDB_dbi in, std::string_view key) {
  auto k = to_val(key);
  MDB_val value{};
  auto code = mdb_get(txn, in, &k, &value);
  if (code == MDB_NOTFOUND)
    return std::nullopt;
  check_lmdb(code, "get");
  return to_view(value);
}

void put(MDB_txn* txn, MDB_dbi in, std::string_view key, std::string_view value) {
  auto k = to_val(key);
  auto v = to_val(value);
  check_lmdb(mdb_put(txn, in, &k, &v, 0), "put");
}

bool erase(MDB_txn* txn, MDB_dbi in, std::string_view key) {
  auto k = to_val(key);
  auto code = mdb_del(txn, in, &k, nullptr);
  if (code == MDB_NOTFOUND)
    return false;
  check_lmdb(code, "delete");
  return true;
}

cursor::cursor(MDB_txn* txn, MDB_dbi in) {
  check_lmdb(mdb_cursor_open(txn, in, &cursor_), "open a cursor");
}

cursor::~cursor() {
  mdb_cursor_close(cursor_);
}

bool cursor::seek(std::string_view key) {
  key_ = to_val(key);
  return move(MDB_SET_RANGE);
}

bool cursor::find(std::string_view key) {
  key_ = to_val(key);
  return move(MDB_SET_KEY);
}

bool cursor::first() {
  return move(MDB_FIRST);
}

bool cursor::last() {
  return move(MDB_LAST);
}

bool cursor::next() {
  return move(MDB_NEXT);
}

bool cursor::previous() {
  return move(MDB_PREV);
}

void cursor::erase() {
  check_lmdb(mdb_cursor_del(cursor_, 0), "delete");
}

bool cursor::move(MDB_cursor_op op) {
  auto code = mdb_cursor_get(cursor_, &key_, &value_, op);
  if (code == MDB_NOTFOUND)
    return false;
  check_lmdb(code, "move a cursor");
  return true;
}

std::optional<std::string_view> near_finder::operator()(MDB_dbi in, std::string_view key) {
  if (in >= cursors_.size())
    cursors_.resize(in + std::size_t{1});
  auto& at = cursors_[in];
  if (!at)
    at = std::make_unique<cursor>(txn_, in);
  if (!at->find(key))
    return std::nullopt;
  return at->value();
}

} // namespace convertd
