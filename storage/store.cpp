#include "storage/store.hpp"

#include "job/test_hooks.hpp"
#include "storage/fd.hpp"
#include "storage/lmdb.hpp"
#include "storage/record.hpp"

#include <fcntl.h>
#include <unistd.h>

namespace convertd {

namespace {

/// Raised when databases or keys change; records have versions of their own.
constexpr std::string_view format_version = "3";
constexpr std::string_view format_without_ended = "1";
constexpr std::string_view format_without_stored = "2"; ///< index_outputs() does the rest.

/// More than there are threads that read: http/'s pools, the actors, the command line.
constexpr unsigned readers_max = 8'192;

constexpr mdb_mode_t file_mode = 0600;

struct named_database {
  const char* name;
  MDB_dbi store::databases::*handle;
};

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

void open_databases(MDB_txn* txn, store::databases& tables) {
  for (const auto& x : all_databases)
    check_lmdb(mdb_dbi_open(txn, x.name, MDB_CREATE, &(tables.*x.handle)), "open a database");
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

void check_format(MDB_txn* txn, const store::databases& tables) {
  auto found = find(txn, tables.meta, "format");
  if (found == format_without_ended)
    list_ended(txn, tables);
  if (found == format_without_ended || found == format_without_stored)
    found.reset();
  if (found && *found != format_version)
    throw store_error{"store: its format is " + std::string{*found} + ", this program knows "
                        + std::string{format_version},
                      store_error::kind::broken};
  if (!found)
    put(txn, tables.meta, "format", format_version);
}

} // namespace

store::store(const std::filesystem::path& folder, const store_options& options)
  : databases_{std::make_unique<databases>()} {
  std::filesystem::create_directories(folder);
  check_lmdb(mdb_env_create(&environment_), "create the environment");
  try {
    check_lmdb(mdb_env_set_maxdbs(environment_, databases::count), "set the number of databases");
    check_lmdb(mdb_env_set_maxreaders(environment_, readers_max), "set the number of readers");
    check_lmdb(mdb_env_set_mapsize(environment_, options.map_bytes), "set the map size");
    // NOTLS: a view belongs to an object, not to a thread. NORDAHEAD: records are read at random.
    auto sync = options.sync && !fault_wanted("no-sync");
    auto flags = MDB_NOTLS | MDB_NORDAHEAD | (sync ? 0U : MDB_NOSYNC);
    check_lmdb(mdb_env_open(environment_, folder.c_str(), flags, file_mode),
               "open the environment");
    int stale = 0;
    check_lmdb(mdb_reader_check(environment_, &stale), "clear readers that died");
    MDB_txn* txn = nullptr;
    check_lmdb(mdb_txn_begin(environment_, nullptr, 0, &txn), "begin");
    try {
      open_databases(txn, *databases_);
      check_format(txn, *databases_);
    } catch (...) {
      mdb_txn_abort(txn);
      throw;
    }
    check_lmdb(mdb_txn_commit(txn), "commit the databases");
    sync_names(folder);
  } catch (...) {
    mdb_env_close(environment_);
    throw;
  }
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
