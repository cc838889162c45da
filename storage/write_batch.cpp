#include "storage/lmdb.hpp"
#include "storage/record.hpp"
#include "storage/store.hpp"

#include <algorithm>
#include <cstdint>

namespace convertd {

namespace {

/// Adds to a total, or takes away; never below 0, since a total only serves limits and lists.
void shift(std::uint64_t& total, std::uint64_t out, std::uint64_t in) {
  total = total + in - std::min(total + in, out);
}

/// A job counts in totals and lists once it is a job.
bool shown(const std::optional<job_record>& x) {
  return x && x->state != job_state::uploading;
}

std::uint64_t bytes_if_kept(const std::optional<job_record>& x, std::uint64_t job_record::*member) {
  return shown(x) && !x->erased ? (*x).*member : 0;
}

void update_totals(MDB_txn* txn, const store::databases& tables,
                   const std::optional<job_record>& before,
                   const std::optional<job_record>& after) {
  auto account = big_endian(after ? after->account : before->account);
  auto found = find(txn, tables.totals, account);
  auto old = found ? decode_totals(*found) : account_totals{};
  auto totals = old;
  if (shown(before))
    shift(totals.jobs[static_cast<std::size_t>(before->state)], 1, 0);
  if (shown(after))
    shift(totals.jobs[static_cast<std::size_t>(after->state)], 0, 1);
  shift(totals.source_bytes, bytes_if_kept(before, &job_record::source_bytes),
        bytes_if_kept(after, &job_record::source_bytes));
  shift(totals.output_bytes, bytes_if_kept(before, &job_record::output_bytes),
        bytes_if_kept(after, &job_record::output_bytes));
  if (!found || totals != old)
    put(txn, tables.totals, account, encode(totals));
}

/// Writes or erases one index entry if the job's place in that index changed.
void move_index(MDB_txn* txn, MDB_dbi in, const std::string& before, const std::string& after) {
  if (before == after)
    return;
  if (!before.empty())
    erase(txn, in, before);
  if (!after.empty())
    put(txn, in, after, {});
}

struct index_keys {
  std::string by_account;
  std::string by_state;
  std::string live;
  std::string due;
};

/// The keys under which a record stands in the indexes; empty = not in that one.
index_keys keys_of(const std::optional<job_record>& x) {
  index_keys keys;
  if (!x)
    return keys;
  if (!is_final(x->state))
    keys.live = x->id.view();
  if (x->state == job_state::uploading)
    return keys;
  keys.by_account = account_key(x->account, x->id);
  keys.by_state = state_key(x->account, x->state, x->id);
  if (auto due = next_due(*x); due != timestamp{})
    keys.due = due_key(due, x->id);
  return keys;
}

void update_indexes(MDB_txn* txn, const store::databases& tables,
                    const std::optional<job_record>& before,
                    const std::optional<job_record>& after) {
  auto old = keys_of(before);
  auto now = keys_of(after);
  move_index(txn, tables.by_account, old.by_account, now.by_account);
  move_index(txn, tables.by_state, old.by_state, now.by_state);
  move_index(txn, tables.live, old.live, now.live);
  move_index(txn, tables.due, old.due, now.due);
}

std::optional<job_record> find_job(MDB_txn* txn, const store::databases& tables, job_id id) {
  auto found = find(txn, tables.job, id.view());
  return found ? std::optional{decode_job(*found)} : std::nullopt;
}

} // namespace

write_batch::write_batch(store& in, timestamp now) : store_{&in}, now_{now} {
  check_lmdb(mdb_txn_begin(in.environment(), nullptr, 0, &txn_), "begin to write");
  for (const auto& x : std::exchange(in.late_, {}))
    put_delivery(x);
}

write_batch::~write_batch() {
  if (txn_ != nullptr)
    mdb_txn_abort(txn_);
}

void write_batch::put_job(const job_record& job) {
  const auto& tables = store_->tables();
  auto before = find_job(txn_, tables, job.id);
  update_indexes(txn_, tables, before, job);
  update_totals(txn_, tables, before, job);
  auto record = encode(job);
  put(txn_, tables.job, job.id.view(), record);
  bytes_ += record.size();
  emit_job_events(before, job);
}

account_totals write_batch::totals(account_id id) const {
  auto found = find(txn_, store_->tables().totals, big_endian(id));
  return found ? decode_totals(*found) : account_totals{};
}

std::optional<job_record> write_batch::job(job_id id) const {
  return find_job(txn_, store_->tables(), id);
}

void write_batch::put_spec(job_id id, const job_spec& spec) {
  auto record = encode(spec);
  put(txn_, store_->tables().spec, id.view(), record);
  bytes_ += record.size();
}

void write_batch::put_file(job_id id, const file_record& file) {
  auto record = encode(file);
  auto key = file_key(id, file.index);
  auto told = told_of_files(id);
  auto known = told ? find(txn_, store_->tables().file, key) : std::nullopt;
  auto before = known ? std::optional{decode_file(*known)} : std::nullopt;
  put(txn_, store_->tables().file, key, record);
  bytes_ += record.size();
  if (is_final(file.progress.state))
    put(txn_, store_->tables().ended, ended_key(id, file.change, file.index), {});
  if (file.progress.state == file_state::completed && !file.result.erased)
    enter_output(id, file);
  if (told)
    emit_file_events(*told, before, file);
}

void write_batch::put_inline_sources(job_id id, std::string_view bytes) {
  put(txn_, store_->tables().source, id.view(), encode_bytes(bytes));
  bytes_ += bytes.size();
}

void write_batch::put_inline_output(file_id id, std::string_view bytes) {
  put(txn_, store_->tables().bytes, id.view(), encode_bytes(bytes));
  bytes_ += bytes.size();
}

void write_batch::put_idempotency(const idempotency_record& x) {
  const auto& tables = store_->tables();
  auto key = idempotency_key(x.account, x.key);
  if (auto old = find(txn_, tables.idempotency, key)) {
    auto before = decode_idempotency(*old);
    erase(txn_, tables.idempotency_due, idempotency_due_key(before.created, x.account, x.key));
  }
  put(txn_, tables.idempotency, key, encode(x));
  put(txn_, tables.idempotency_due, idempotency_due_key(x.created, x.account, x.key), {});
}

void write_batch::erase_idempotency_before(timestamp since, std::uint32_t limit) {
  auto end = idempotency_due_key(since, 0, {});
  cursor at{txn_, store_->tables().idempotency_due};
  for (; limit > 0 && at.first() && at.key() < end; --limit) {
    erase(txn_, store_->tables().idempotency, std::string{at.key().substr(8)});
    at.erase();
  }
}

void write_batch::erase_bytes(job_id id) {
  const auto& tables = store_->tables();
  auto before = find_job(txn_, tables, id);
  if (!before || before->erased)
    return;
  auto after = *before;
  after.erased = true;
  ++after.change;
  put_job(after);
  erase(txn_, tables.source, id.view());
  cursor at{txn_, tables.file};
  for (auto more = at.seek(id.view()); more && at.key().starts_with(id.view()); more = at.next())
    if (auto file = decode_file(at.value()); file.progress.state == file_state::completed)
      forget_output(before->account, file.result.id);
  put(txn_, tables.doomed, id.view(), {});
}

bool write_batch::erase_records(job_id id, std::uint32_t limit) {
  const auto& tables = store_->tables();
  auto before = find_job(txn_, tables, id);
  if (before && before->state == job_state::uploading && !erase_unsent(id, limit))
    return false;
  std::uint32_t erased = 0;
  {
    cursor at{txn_, tables.file};
    while (erased < limit && at.seek(id.view()) && at.key().starts_with(id.view())) {
      auto file = decode_file(at.value());
      if (file.progress.state == file_state::completed)
        forget_output(before ? before->account : 0, file.result.id);
      erase(txn_, tables.ended, ended_key(id, file.change, file.index));
      at.erase();
      ++erased;
    }
  }
  if (erased == limit)
    return false;
  if (before) {
    update_indexes(txn_, tables, before, std::nullopt);
    update_totals(txn_, tables, before, std::nullopt);
    erase(txn_, tables.job, id.view());
  }
  erase(txn_, tables.spec, id.view());
  erase(txn_, tables.callback, id.view());
  erase(txn_, tables.source, id.view());
  put(txn_, tables.doomed, id.view(), {});
  return true;
}

void write_batch::undoom(job_id id) {
  erase(txn_, store_->tables().doomed, id.view());
}

account_record write_batch::add_account(std::string_view name, std::string_view plan,
                                        timestamp now) {
  const auto& tables = store_->tables();
  if (name.empty() || find(txn_, tables.name, name))
    throw std::invalid_argument{"the name is empty or taken"};
  auto found = find(txn_, tables.meta, "next_account");
  account_record account{.id = found ? decode_account_id(*found) : 1,
                         .name = std::string{name},
                         .plan = std::string{plan},
                         .created = now};
  put(txn_, tables.meta, "next_account", encode_account_id(account.id + 1));
  put(txn_, tables.name, name, encode_account_id(account.id));
  put_account(account);
  return account;
}

void write_batch::put_account(const account_record& account) {
  put(txn_, store_->tables().account, big_endian(account.id), encode(account));
}

void write_batch::put_key(const key_record& key) {
  std::string_view hash{reinterpret_cast<const char*>(key.hash.data()), key.hash.size()};
  put(txn_, store_->tables().key, hash, encode(key));
}

bool write_batch::erase_key(const key_hash& hash) {
  std::string_view bytes{reinterpret_cast<const char*>(hash.data()), hash.size()};
  return erase(txn_, store_->tables().key, bytes);
}

void write_batch::commit() {
  count_stored();
  auto* txn = txn_;
  txn_ = nullptr; // whatever mdb_txn_commit returns, the transaction is gone
  check_lmdb(mdb_txn_commit(txn), "commit");
  store_->late_ = std::move(late_);
}

} // namespace convertd
