// Stored files in the store: saved ones with their records, outputs by the place in their job, and
// one list of both for each account.
#include "storage/lmdb.hpp"
#include "storage/record.hpp"
#include "storage/store.hpp"

#include <algorithm>
#include <cstdint>

namespace convertd {

namespace {

file_id file_of_key(std::string_view key) {
  return id_from_bytes<file_id>(key.substr(key.size() - 16));
}

stored_file as_stored(account_id owner, const file_record& file, output_place place) {
  stored_file x;
  x.facts = {.id = file.result.id,
             .account = owner,
             .name = place.name.empty() ? file.target_name : place.name,
             .format = file.what.target,
             .size = file.result.size,
             .created = time_of(file.result.id.bytes),
             .stored_inline = file.result.stored_inline};
  x.of_job = true;
  x.place = std::move(place);
  x.crc32 = file.result.crc32;
  return x;
}

/// An output whose job was erased, or that was itself, is not there.
std::optional<stored_file> find_output(MDB_txn* txn, const store::databases& tables, file_id id) {
  auto entry = find(txn, tables.output, id.view());
  if (!entry)
    return std::nullopt;
  auto place = decode_place(*entry);
  auto job_bytes = find(txn, tables.job, place.job.view());
  auto file_bytes = find(txn, tables.file, file_key(place.job, place.index));
  if (!job_bytes || !file_bytes)
    return std::nullopt;
  auto job = decode_job(*job_bytes);
  auto file = decode_file(*file_bytes);
  if (job.erased || file.result.erased || file.result.id != id)
    return std::nullopt;
  return as_stored(job.account, file, std::move(place));
}

std::optional<stored_file> find_stored(MDB_txn* txn, const store::databases& tables, file_id id) {
  if (auto found = find(txn, tables.saved, id.view())) {
    stored_file x;
    x.facts = decode_saved(*found);
    return x;
  }
  return find_output(txn, tables, id);
}

/// Calls `visit(id)` for the stored files of an account, newest first, until it returns false.
template <class Visit>
void each_stored(MDB_txn* txn, MDB_dbi in, account_id account, Visit visit) {
  auto prefix = big_endian(account);
  cursor at{txn, in};
  auto more = at.seek(prefix + std::string(16, '\xFF')) ? at.previous() : at.last();
  for (; more && at.key().starts_with(prefix); more = at.previous())
    if (!visit(file_of_key(at.key())))
      return;
}

} // namespace

std::optional<stored_file> read_view::stored(file_id id) const {
  return find_stored(txn_, store_->tables(), id);
}

stored_page read_view::stored_files(account_id account, const stored_filter& which,
                                    std::uint64_t offset, std::uint32_t limit) const {
  stored_page page;
  std::uint64_t seen = 0;
  auto enough = which.empty() ? offset + limit : filtered_files_max;
  each_stored(txn_, store_->tables().stored, account, [&](file_id id) {
    if (seen++ >= enough)
      return false;
    if (which.empty() && seen <= offset)
      return true;
    auto file = stored(id);
    if (!file || !which.matches(*file))
      return true;
    ++page.total;
    if (page.total > (which.empty() ? 0 : offset) && page.files.size() < limit)
      page.files.push_back(std::move(*file));
    return true;
  });
  if (which.empty())
    page.total = totals(account).stored_files;
  return page;
}

std::optional<saved_file> read_view::saved(file_id id) const {
  auto found = find(txn_, store_->tables().saved, id.view());
  return found ? std::optional{decode_saved(*found)} : std::nullopt;
}

std::vector<std::pair<file_id, std::optional<output_place>>> read_view::doomed_files() const {
  std::vector<std::pair<file_id, std::optional<output_place>>> result;
  cursor at{txn_, store_->tables().doomed_file};
  for (auto more = at.first(); more; more = at.next())
    result.emplace_back(file_of_key(at.key()), at.value().empty()
                                                 ? std::nullopt
                                                 : std::optional{decode_place(at.value())});
  return result;
}

std::optional<stored_file> write_batch::stored(file_id id) const {
  return find_stored(txn_, store_->tables(), id);
}

void write_batch::put_saved(const saved_file& file, std::string_view inline_bytes) {
  const auto& tables = store_->tables();
  put(txn_, tables.saved, file.id.view(), encode(file));
  if (file.stored_inline)
    put_inline_output(file.id, inline_bytes);
  enter_stored(file.account, file.id);
  auto sums = totals(file.account);
  sums.saved_bytes += file.size;
  put(txn_, tables.totals, big_endian(file.account), encode(sums));
}

void write_batch::rename_stored(const stored_file& file, std::string_view name) {
  const auto& tables = store_->tables();
  if (file.of_job) {
    auto place = file.place;
    place.name = name;
    put(txn_, tables.output, file.facts.id.view(), encode(place));
  } else {
    auto facts = file.facts;
    facts.name = name;
    put(txn_, tables.saved, file.facts.id.view(), encode(facts));
  }
}

void write_batch::erase_stored(const stored_file& file) {
  const auto& tables = store_->tables();
  if (file.of_job)
    erase_output(file);
  else
    erase_saved(file.facts);
  if (!file.facts.stored_inline)
    put(txn_, tables.doomed_file, file.facts.id.view(),
        file.of_job ? encode(file.place) : std::string{});
}

void write_batch::erase_saved(const saved_file& file) {
  const auto& tables = store_->tables();
  if (!erase(txn_, tables.saved, file.id.view()))
    return;
  erase(txn_, tables.bytes, file.id.view());
  leave_stored(file.account, file.id);
  auto sums = totals(file.account);
  sums.saved_bytes -= std::min(sums.saved_bytes, file.size);
  put(txn_, tables.totals, big_endian(file.account), encode(sums));
}

void write_batch::erase_output(const stored_file& file) {
  auto owner = job(file.place.job);
  auto entry = find(txn_, store_->tables().file, file_key(file.place.job, file.place.index));
  if (!owner || !entry)
    return;
  auto record = decode_file(*entry);
  record.result.erased = true;
  put_file(owner->id, record);
  owner->output_bytes -= std::min(owner->output_bytes, record.result.size);
  ++owner->change;
  put_job(*owner);
  forget_output(owner->account, file.facts.id);
}

void write_batch::undoom_file(file_id id) {
  erase(txn_, store_->tables().doomed_file, id.view());
}

void write_batch::enter_output(job_id id, const file_record& file) {
  const auto& tables = store_->tables();
  if (find(txn_, tables.output, file.result.id.view()))
    return; // it may have a name of its own by now
  put(txn_, tables.output, file.result.id.view(), encode(output_place{id, file.index, {}}));
  if (auto owner = job(id))
    enter_stored(owner->account, file.result.id);
}

void write_batch::forget_output(account_id account, file_id id) {
  erase(txn_, store_->tables().output, id.view());
  erase(txn_, store_->tables().bytes, id.view());
  leave_stored(account, id);
}

void write_batch::enter_stored(account_id account, file_id id) {
  auto key = stored_key(account, id);
  if (find(txn_, store_->tables().stored, key))
    return;
  put(txn_, store_->tables().stored, key, {});
  ++stored_delta_[account];
}

void write_batch::leave_stored(account_id account, file_id id) {
  if (erase(txn_, store_->tables().stored, stored_key(account, id)))
    --stored_delta_[account];
}

/// Once for each account and commit: a job of many files is erased in one.
void write_batch::count_stored() {
  for (const auto& [account, delta] : stored_delta_) {
    auto sums = totals(account);
    sums.stored_files = static_cast<std::uint64_t>(
      std::max<std::int64_t>(0, static_cast<std::int64_t>(sums.stored_files) + delta));
    put(txn_, store_->tables().totals, big_endian(account), encode(sums));
  }
}

} // namespace convertd
