#include "storage/backup.hpp"

#include "storage/fd.hpp"
#include "storage/nameless.hpp"
#include "storage/spool_check.hpp"

#include <cerrno>
#include <fcntl.h>
#include <set>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

namespace convertd {

namespace {

namespace fs = std::filesystem;

/// So that no folder in between is open to others.
void make_folders(const fs::path& root, const fs::path& below) {
  auto path = root;
  for (const auto& part : below) {
    path /= part;
    if (::mkdir(path.c_str(), folder_mode) != 0 && errno != EEXIST)
      throw_errno("make a folder of the copy");
  }
}

/// False if `from` is not there.
bool link_or_copy(const fs::path& from, const fs::path& to, backup_result& count) {
  if (::link(from.c_str(), to.c_str()) == 0) {
    ++count.linked;
    return true;
  }
  if (errno == ENOENT && !fs::exists(from))
    return false;
  if (errno != EXDEV && errno != EMLINK && errno != EPERM)
    throw_errno("link a file to the copy");
  fs::copy_file(from, to);
  ++count.copied;
  return true;
}

/// A file may move from `live` to `kept`, or out of `new`, between two looks.
bool take_over(const fs::path& data, const fs::path& to, const named_file& x,
               backup_result& count) {
  make_folders(to, x.path.parent_path());
  for (const auto& from : {x.path, x.other, x.path})
    if (link_or_copy(data / from, to / x.path, count))
      return true;
  return false;
}

/// Calls `visit` for what the store in `folder` names in `data`.
void each_file_of(const store& in, const fs::path& data,
                  const std::function<void(const named_file&)>& visit) {
  MDB_txn* txn = nullptr;
  check_lmdb(mdb_txn_begin(in.environment(), nullptr, MDB_RDONLY, &txn), "begin to read");
  std::unique_ptr<MDB_txn, void (*)(MDB_txn*)> guard{txn, mdb_txn_abort};
  each_named_file(data, txn, in.tables(), visit);
}

void forget(store& in, const std::vector<named_file>& lost) {
  std::set<job_id> jobs;
  for (const auto& x : lost) {
    write_batch batch{in};
    if (!x.stored)
      jobs.insert(*x.job);
    else if (auto found = batch.stored(x.stored->facts.id))
      batch.erase_stored(*found);
    batch.commit();
  }
  for (const auto& id : jobs) {
    write_batch batch{in};
    auto job = batch.job(id);
    if (!job)
      continue;
    job->sources_inline = true; // nothing is on disk …
    batch.put_job(*job);
    batch.put_inline_sources(id, {}); // … and nothing is there to convert
    batch.commit();
  }
}

} // namespace

void sync_all(const fs::path& path) {
  auto folder = open_folder(path);
  checked(::syncfs(folder.get()), "sync the copy");
}

void copy_store(const fs::path& data, const fs::path& to, std::uint64_t map_bytes) {
  auto shared = fs::exists(data / "store" / "lock.mdb");
  store in{
    data / "store",
    {.map_bytes = map_bytes, .access = shared ? store_access::read : store_access::read_alone}};
  make_folders(to.parent_path(), to.filename());
  check_lmdb(mdb_env_copy2(in.environment(), to.c_str(), MDB_CP_COMPACT), "copy the store");
  owned_fd file{checked(::open((to / "data.mdb").c_str(), O_RDONLY | O_CLOEXEC), "open the copy")};
  checked(::fsync(file.get()), "sync the copy");
  checked(::fsync(open_folder(to).get()), "sync the copy");
}

backup_result back_up(const fs::path& data, const fs::path& to, std::uint64_t map_bytes) {
  if (fs::exists(to))
    throw std::runtime_error{to.string() + " is there already."};
  auto fresh = to;
  fresh += ".partial";
  fs::remove_all(fresh);
  make_folders(fresh.parent_path(), fresh.filename());
  copy_store(data, fresh / "store", map_bytes);
  backup_result result;
  std::vector<named_file> lost;
  {
    store copy{fresh / "store", {.map_bytes = map_bytes}};
    each_file_of(copy, data, [&](const named_file& x) {
      if (!take_over(data, fresh, x, result))
        lost.push_back(x);
    });
    forget(copy, lost);
  }
  result.missing = lost.size();
  if (fs::exists(data / "url.key"))
    fs::copy_file(data / "url.key", fresh / "url.key");
  fs::remove(fresh / "store" / "lock.mdb");
  sync_all(fresh);
  fs::rename(fresh, to);
  sync_all(to);
  return result;
}

backup_result copy_files(const fs::path& from, const fs::path& to) {
  backup_result result;
  for (const auto* name : {"live", "kept", "files"}) {
    if (!fs::exists(from / name))
      continue;
    for (const auto& entry : fs::recursive_directory_iterator{from / name})
      if (entry.is_regular_file()) {
        auto path = fs::relative(entry.path(), from);
        make_folders(to, path.parent_path());
        link_or_copy(entry.path(), to / path, result);
      }
  }
  if (fs::exists(from / "url.key"))
    fs::copy_file(from / "url.key", to / "url.key");
  return result;
}

std::uint64_t forget_damaged(const fs::path& store_folder, const fs::path& data,
                             const fs::path& aside, std::uint64_t map_bytes) {
  store in{store_folder, {.map_bytes = map_bytes}};
  std::vector<named_file> lost;
  each_file_of(in, data, [&](const named_file& x) {
    if (check_file(data, x).empty())
      return;
    lost.push_back(x);
    if (!fs::exists(data / x.path))
      return;
    make_folders(aside, x.path.parent_path());
    fs::rename(data / x.path, aside / x.path);
  });
  forget(in, lost);
  return lost.size();
}

std::uint64_t set_aside_unnamed(const fs::path& store_folder, const fs::path& data,
                                const fs::path& aside, std::uint64_t map_bytes) {
  store in{store_folder, {.map_bytes = map_bytes}};
  read_view view{in};
  std::uint64_t moved = 0;
  auto move_unless = [&](const fs::path& folder, auto is_named) {
    std::error_code missing;
    for (const auto& entry : fs::directory_iterator{data / folder, missing})
      if (auto name = entry.path().filename(); !is_named(name.string())) {
        make_folders(aside, folder);
        fs::rename(entry.path(), aside / folder / name);
        ++moved;
      }
  };
  move_unless("live", [&](const std::string& name) {
    auto id = parse_id<job_id>(name);
    return !id || view.job(*id);
  });
  move_unless(fs::path{"files"} / "new", [&](const std::string& name) {
    auto id = parse_id<file_id>(name);
    return !id || view.saved(*id);
  });
  return moved;
}

} // namespace convertd
