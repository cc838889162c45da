#include "storage/lmdb.hpp"
#include "storage/record.hpp"
#include "storage/store.hpp"

#include <cstdint>

namespace convertd {

namespace {

/// The job id at the end of an index key.
job_id job_of_key(std::string_view key) {
  return id_from_bytes<job_id>(key.substr(key.size() - 16));
}

/// Calls `visit(value)` for the files of a job from `from` on, until it returns false.
template <class Visit>
void each_file(MDB_txn* txn, MDB_dbi in, job_id id, std::uint32_t from, Visit visit) {
  cursor at{txn, in};
  for (auto more = at.seek(file_key(id, from)); more && at.key().starts_with(id.view());
       more = at.next())
    if (!visit(at.value()))
      return;
}

} // namespace

read_view::read_view(const store& of) : store_{&of} {
  check_lmdb(mdb_txn_begin(of.environment(), nullptr, MDB_RDONLY, &txn_), "begin to read");
}

read_view::~read_view() {
  mdb_txn_abort(txn_);
}

std::optional<job_record> read_view::job(job_id id) const {
  auto found = find(txn_, store_->tables().job, id.view());
  return found ? std::optional{decode_job(*found)} : std::nullopt;
}

std::optional<job_spec> read_view::spec(job_id id) const {
  auto found = find(txn_, store_->tables().spec, id.view());
  return found ? std::optional{decode_spec(*found)} : std::nullopt;
}

std::optional<file_record> read_view::file(job_id id, std::uint32_t index) const {
  auto found = find(txn_, store_->tables().file, file_key(id, index));
  return found ? std::optional{decode_file(*found)} : std::nullopt;
}

std::vector<file_record> read_view::files(job_id id, std::uint32_t from,
                                          std::uint32_t limit) const {
  std::vector<file_record> result;
  each_file(txn_, store_->tables().file, id, from, [&](std::string_view value) {
    if (result.size() == limit)
      return false;
    result.push_back(decode_file(value));
    return true;
  });
  return result;
}

std::vector<file_record> read_view::ended_files(const job_record& job, std::uint32_t from,
                                                std::uint32_t limit) const {
  std::vector<file_record> result;
  std::uint32_t seen = 0;
  each_file(txn_, store_->tables().file, job.id, 0, [&](std::string_view value) {
    if (result.size() == limit)
      return false;
    auto file = as_shown(job, decode_file(value));
    if (is_final(file.progress.state) && seen++ >= from)
      result.push_back(std::move(file));
    return true;
  });
  return result;
}

std::vector<file_record> read_view::ended_after(job_id id, std::uint64_t change,
                                                std::uint32_t limit) const {
  std::vector<file_record> result;
  cursor at{txn_, store_->tables().ended};
  for (auto more = at.seek(ended_key(id, change + 1, 0)); more && at.key().starts_with(id.view());
       more = at.next()) {
    auto place = at.key().substr(16);
    auto number = from_big_endian<std::uint64_t>(place);
    if (result.size() >= limit && number != result.back().change)
      break;
    if (auto found = file(id, from_big_endian<std::uint32_t>(place.substr(8))))
      result.push_back(std::move(*found));
  }
  return result;
}

job_page read_view::jobs_of(account_id account, std::optional<job_state> state,
                            std::uint64_t offset, std::uint32_t limit) const {
  job_page page;
  auto counts = totals(account).jobs;
  for (std::size_t i = 0; i < counts.size(); ++i)
    if (!state || static_cast<std::size_t>(*state) == i)
      page.total += counts[i];
  auto prefix = big_endian(account);
  if (state)
    prefix += static_cast<char>(*state);
  cursor at{txn_, state ? store_->tables().by_state : store_->tables().by_account};
  // Past the last key with the prefix, then backwards: newest first.
  auto more = at.seek(prefix + std::string(16, '\xFF')) ? at.previous() : at.last();
  for (; more && at.key().starts_with(prefix) && page.jobs.size() < limit; more = at.previous()) {
    if (offset > 0) {
      --offset;
      continue;
    }
    if (auto found = job(job_of_key(at.key())))
      page.jobs.push_back(std::move(*found));
  }
  return page;
}

std::vector<job_id> read_view::live_jobs() const {
  std::vector<job_id> result;
  cursor at{txn_, store_->tables().live};
  for (auto more = at.first(); more; more = at.next())
    result.push_back(job_of_key(at.key()));
  return result;
}

std::vector<due_job> read_view::due(timestamp now, std::uint32_t limit) const {
  std::vector<due_job> result;
  cursor at{txn_, store_->tables().due};
  for (auto more = at.first(); more && result.size() < limit; more = at.next()) {
    timestamp when{milliseconds{from_big_endian<std::uint64_t>(at.key())}};
    if (when > now)
      break;
    result.push_back({when, job_of_key(at.key())});
  }
  return result;
}

std::vector<job_id> read_view::doomed() const {
  std::vector<job_id> result;
  cursor at{txn_, store_->tables().doomed};
  for (auto more = at.first(); more; more = at.next())
    result.push_back(job_of_key(at.key()));
  return result;
}

std::optional<idempotency_record> read_view::idempotency(account_id account,
                                                         std::string_view key) const {
  auto found = find(txn_, store_->tables().idempotency, idempotency_key(account, key));
  return found ? std::optional{decode_idempotency(*found)} : std::nullopt;
}

bool read_view::has_idempotency_before(timestamp since) const {
  cursor at{txn_, store_->tables().idempotency_due};
  return at.first() && at.key() < idempotency_due_key(since, 0, {});
}

std::optional<output_place> read_view::place_of(file_id id) const {
  auto found = find(txn_, store_->tables().output, id.view());
  if (!found)
    return std::nullopt;
  return decode_place(*found);
}

std::optional<std::string> read_view::inline_sources(job_id id) const {
  auto found = find(txn_, store_->tables().source, id.view());
  return found ? std::optional{decode_bytes(*found)} : std::nullopt;
}

std::optional<std::string> read_view::inline_output(file_id id) const {
  auto found = find(txn_, store_->tables().bytes, id.view());
  return found ? std::optional{decode_bytes(*found)} : std::nullopt;
}

std::optional<account_record> read_view::account(account_id id) const {
  auto found = find(txn_, store_->tables().account, big_endian(id));
  return found ? std::optional{decode_account(*found)} : std::nullopt;
}

std::optional<account_record> read_view::account_named(std::string_view name) const {
  auto found = find(txn_, store_->tables().name, name);
  return found ? account(decode_account_id(*found)) : std::nullopt;
}

std::vector<account_record> read_view::accounts() const {
  std::vector<account_record> result;
  cursor at{txn_, store_->tables().account};
  for (auto more = at.first(); more; more = at.next())
    result.push_back(decode_account(at.value()));
  return result;
}

account_totals read_view::totals(account_id id) const {
  auto found = find(txn_, store_->tables().totals, big_endian(id));
  return found ? decode_totals(*found) : account_totals{};
}

std::optional<key_record> read_view::key(const key_hash& hash) const {
  std::string_view bytes{reinterpret_cast<const char*>(hash.data()), hash.size()};
  auto found = find(txn_, store_->tables().key, bytes);
  return found ? std::optional{decode_key(*found)} : std::nullopt;
}

std::vector<key_record> read_view::keys() const {
  std::vector<key_record> result;
  cursor at{txn_, store_->tables().key};
  for (auto more = at.first(); more; more = at.next())
    result.push_back(decode_key(at.value()));
  return result;
}

} // namespace convertd
