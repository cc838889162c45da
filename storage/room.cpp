#include "storage/room.hpp"

#include "storage/lmdb.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <memory>

namespace convertd {

namespace {

/// What a commit that erases may have to write; of a small map an eighth.
constexpr std::uint64_t reserve_max = 4ULL << 20;

std::uint64_t map_bytes(const store& in) {
  MDB_envinfo info{};
  check_lmdb(mdb_env_info(in.environment(), &info), "look at the environment");
  return info.me_mapsize;
}

} // namespace

std::uint64_t bytes_free(const store& in) {
  constexpr MDB_dbi list_of_free_pages = 0; // LMDB's own: commit → count and page numbers
  MDB_stat status{};
  check_lmdb(mdb_env_stat(in.environment(), &status), "look at the environment");
  MDB_txn* txn = nullptr;
  check_lmdb(mdb_txn_begin(in.environment(), nullptr, MDB_RDONLY, &txn), "begin to read");
  std::unique_ptr<MDB_txn, void (*)(MDB_txn*)> guard{txn, mdb_txn_abort};
  std::uint64_t pages = 0;
  cursor at{txn, list_of_free_pages};
  for (auto more = at.first(); more; more = at.next()) {
    std::size_t count = 0;
    std::memcpy(&count, at.value().data(), std::min(sizeof(count), at.value().size()));
    pages += count;
  }
  return pages * status.ms_psize;
}

bool is_above(const store& in, unsigned percent) {
  auto most = map_bytes(in) / 100 * percent;
  auto used = in.bytes_used();
  return used > most && used - std::min(used, bytes_free(in)) > most;
}

bool erasing_reserve::allows_growth(const store& in) {
  auto map = map_bytes(in);
  auto reserve = std::min(reserve_max, map / 8);
  auto used = in.bytes_used();
  if (used + reserve > map)
    return bytes_free(in) >= reserve;
  if (used + reserve / 2 <= reserved_to_)
    return true;
  int fd = -1;
  check_lmdb(mdb_env_get_fd(in.environment(), &fd), "look at the environment");
  auto failed =
    ::fallocate(fd, FALLOC_FL_KEEP_SIZE, static_cast<off_t>(used), static_cast<off_t>(reserve))
    != 0;
  if (failed && (errno == ENOSPC || errno == EDQUOT))
    return bytes_free(in) >= reserve;
  reserved_to_ = used + reserve;
  return true;
}

} // namespace convertd
