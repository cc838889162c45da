#include "storage/store.hpp"

#include "job/test_hooks.hpp"
#include "storage/fd.hpp"
#include "storage/lmdb.hpp"
#include "storage/record.hpp"

#include <fcntl.h>
#include <unistd.h>

namespace convertd {

namespace {

constexpr unsigned format_with_ended = 2;

/// More than there are threads that read: http/'s pools, the actors, the command line.
constexpr unsigned readers_max = 8'192;

// clang-format off
constexpr std::array<named_database, store::databases::count> all_databases{{
  {"meta", &store::databases::meta},
  {"job", &store::databases::job},
  {"spec", &store::databases::spec},
  {"file", &store::databases::file},
  {"ended", &store::databases::ended},
  {"source", &store::databases::source},
  {"output", &store::databases::output},
  {"bytes", &store::databases::bytes},
  {"by_account", &store::databases::by_account},
  {"by_state", &store::databases::by_state},
  {"live", &store::databases::live},
  {"due", &store::databases::due},
  {"doomed", &store::databases::doomed},
  {"account", &store::databases::account},
  {"name", &store::databases::name},
  {"totals", &store::databases::totals},
  {"key", &store::databases::key},
  {"saved", &store::databases::saved},
  {"stored", &store::databases::stored},
  {"usage", &store::databases::usage},
  {"doomed_file", &store::databases::doomed_file},
  {"idempotency", &store::databases::idempotency},
  {"idempotency_due", &store::databases::idempotency_due},
  {"webhook", &store::databases::webhook},
  {"callback", &store::databases::callback},
  {"delivery", &store::databases::delivery},
  {"outbox", &store::databases::outbox},
  {"strand", &store::databases::strand},
}};
// clang-format on

/// Those that an older format lacks are made, or stay `missing` where nothing may be written.
void open_databases(MDB_txn* txn, store::databases& tables, bool make) {
  for (const auto& x : all_databases) {
    auto& handle = tables.*x.handle;
    auto code = mdb_dbi_open(txn, x.name, make ? MDB_CREATE : 0, &handle);
    if (code == MDB_NOTFOUND)
      handle = store::databases::missing;
    else
      check_lmdb(code, "open a database");
  }
}

/// A new store is there after a power cut only if the names of its files and folders are synced.
void sync_names(const std::filesystem::path& folder) {
  for (const auto& path : {folder, folder.parent_path()}) {
    owned_fd fd{
      checked(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC), "open the store's folder")};
    checked(::fsync(fd.get()), "sync the store's folder");
  }
}

/// From format 1 to 2: files that have ended are listed by their change numbers.
void list_ended(MDB_txn* txn, const store::databases& tables) {
  cursor at{txn, tables.file};
  for (auto more = at.first(); more; more = at.next())
    if (auto file = decode_file(at.value()); is_final(file.progress.state)) {
      auto job = id_from_bytes<job_id>(at.key().substr(0, 16));
      put(txn, tables.ended, ended_key(job, file.change, file.index), {});
    }
}

[[noreturn]] void refuse_newer(std::string_view format) {
  throw store_error{"store: its format is " + std::string{format} + ", this program knows "
                      + std::to_string(store_format),
                    store_error::kind::newer};
}

/// The format of a store that is there; throws if it is newer, or no number.
unsigned format_of(MDB_txn* txn, MDB_dbi meta) {
  auto found = meta == store::databases::missing ? std::nullopt : find(txn, meta, "format");
  unsigned format = 0;
  for (auto c : found.value_or("")) {
    if (c < '0' || c > '9' || format > 9'999)
      format = 100'000; // no number that was ever written
    else
      format = 10 * format + static_cast<unsigned>(c - '0');
  }
  if (format == 0 || format > 99'999)
    throw store_error{"store: it does not say which format it has", store_error::kind::damaged};
  if (format > store_format)
    refuse_newer(*found);
  return format;
}

void check_there(const std::filesystem::path& folder) {
  std::error_code failed;
  auto bytes = std::filesystem::file_size(folder / "data.mdb", failed);
  if (failed || bytes == 0)
    throw store_error{"store: " + (folder / "data.mdb").string()
                        + (failed ? " is missing" : " is empty"),
                      store_error::kind::missing};
}

/// Within a transaction that is given up when `work` throws.
template <class Work>
void in_transaction(MDB_env* environment, unsigned flags, Work work) {
  MDB_txn* txn = nullptr;
  check_lmdb(mdb_txn_begin(environment, nullptr, flags, &txn), "begin");
  try {
    work(txn);
  } catch (...) {
    mdb_txn_abort(txn);
    throw;
  }
  check_lmdb(mdb_txn_commit(txn), "commit the databases");
}

/// Beside its place first, so that a folder with the store's name has a whole store in it.
void make(const std::filesystem::path& folder, const store_options& options) {
  auto fresh = folder;
  fresh += ".new";
  std::filesystem::remove_all(fresh);
  std::filesystem::create_directories(fresh);
  MDB_env* environment = nullptr;
  check_lmdb(mdb_env_create(&environment), "create the environment");
  try {
    check_lmdb(mdb_env_set_maxdbs(environment, store::databases::count), "set a number");
    check_lmdb(mdb_env_set_mapsize(environment, options.map_bytes), "set the map size");
    check_lmdb(mdb_env_open(environment, fresh.c_str(), 0, file_mode), "make the environment");
    in_transaction(environment, 0, [](MDB_txn* txn) {
      store::databases tables;
      open_databases(txn, tables, true);
      put(txn, tables.meta, "format", std::to_string(store_format));
    });
  } catch (...) {
    mdb_env_close(environment);
    throw;
  }
  mdb_env_close(environment);
  sync_names(fresh);
  std::filesystem::rename(fresh, folder);
  sync_names(folder);
}

} // namespace

store::store(const std::filesystem::path& folder, const store_options& options)
  : databases_{std::make_unique<databases>()} {
  auto writes = options.access == store_access::write;
  if (writes && (!std::filesystem::exists(folder) || std::filesystem::is_empty(folder)))
    make(folder, options);
  check_there(folder);
  check_lmdb(mdb_env_create(&environment_), "create the environment");
  try {
    open(folder, options);
    if (writes)
      bring_up_to_date();
    else
      look();
  } catch (...) {
    mdb_env_close(environment_);
    throw;
  }
}

void store::open(const std::filesystem::path& folder, const store_options& options) {
  check_lmdb(mdb_env_set_maxdbs(environment_, databases::count), "set the number of databases");
  check_lmdb(mdb_env_set_maxreaders(environment_, readers_max), "set the number of readers");
  check_lmdb(mdb_env_set_mapsize(environment_, options.map_bytes), "set the map size");
  // NOTLS: a view belongs to an object, not to a thread. NORDAHEAD: records are read at random.
  auto sync = options.sync && !fault_wanted("no-sync");
  auto flags = MDB_NOTLS | MDB_NORDAHEAD | (sync ? 0U : MDB_NOSYNC);
  if (options.access != store_access::write)
    flags |= MDB_RDONLY;
  if (options.access == store_access::read_alone)
    flags |= MDB_NOLOCK;
  check_lmdb(mdb_env_open(environment_, folder.c_str(), flags, file_mode), "open the environment");
  int stale = 0;
  if (options.access == store_access::write)
    check_lmdb(mdb_reader_check(environment_, &stale), "clear readers that died");
}

/// In one transaction, from whichever format.
void store::bring_up_to_date() {
  in_transaction(environment_, 0, [this](MDB_txn* txn) {
    MDB_dbi meta{};
    check_lmdb(mdb_dbi_open(txn, "meta", 0, &meta), "open a database");
    auto found = format_of(txn, meta);
    open_databases(txn, *databases_, true);
    if (found < format_with_ended)
      list_ended(txn, *databases_);
    if (found < store_format) // index_outputs() does the rest
      put(txn, meta, "format", std::to_string(store_format));
  });
}

void store::look() {
  in_transaction(environment_, MDB_RDONLY, [this](MDB_txn* txn) {
    open_databases(txn, *databases_, false);
    format_ = format_of(txn, databases_->meta);
  });
}

std::span<const named_database> all_tables() {
  return all_databases;
}

std::uint64_t store::bytes_used() const {
  MDB_envinfo info{};
  MDB_stat status{};
  check_lmdb(mdb_env_info(environment_, &info), "look at the environment");
  check_lmdb(mdb_env_stat(environment_, &status), "look at the environment");
  return (info.me_last_pgno + 1) * status.ms_psize;
}

store::~store() {
  mdb_env_close(environment_);
}

} // namespace convertd
