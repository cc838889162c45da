// Copies of a data directory that are one moment of it.
//
// The store is copied by LMDB, compacted, from one commit. What the records name on disk is linked
// and not copied where that is possible: no file is changed once it has a name, so a link is as
// good as a copy, and takes no room and no time. It does not help against a disk that loses bytes;
// a backup on another file system does, and gets copies.
#pragma once

#include <cstdint>
#include <filesystem>

namespace convertd {

struct backup_result {
  std::uint64_t linked = 0;
  std::uint64_t copied = 0;
  std::uint64_t missing =
    0; ///< Erased while it went on, or lost: the copy says that they are gone.
};

/// Copies the store in `data` to the new folder `to`, synced; also while a server writes to it.
/// LMDB may end the process if the store is damaged. Throws store_error, std::system_error.
void copy_store(const std::filesystem::path& data, const std::filesystem::path& to,
                std::uint64_t map_bytes);

/// Makes `to`, which is not there yet, a data directory with what `data` has: the store, the files
/// that it names, the key of signed URLs. Nothing is at `to` before all of it is and is synced.
backup_result back_up(const std::filesystem::path& data, const std::filesystem::path& to,
                      std::uint64_t map_bytes);

/// Links or copies the folders of files and the key of `from` to `to`; for a backup that is whole.
backup_result copy_files(const std::filesystem::path& from, const std::filesystem::path& to);

/// Records in the store at `store_folder` whose files are missing in `data`, or damaged, say that
/// they were erased; damaged files move to `aside`, under the names they had. Gives how many.
std::uint64_t forget_damaged(const std::filesystem::path& store_folder,
                             const std::filesystem::path& data, const std::filesystem::path& aside,
                             std::uint64_t map_bytes);

/// Moves folders of `live` and files of `files/new` that the store at `store_folder` has no record
/// of to the same places in `aside`. Gives how many.
std::uint64_t set_aside_unnamed(const std::filesystem::path& store_folder,
                                const std::filesystem::path& data,
                                const std::filesystem::path& aside, std::uint64_t map_bytes);

/// Syncs the file system that `path` is on.
void sync_all(const std::filesystem::path& path);

} // namespace convertd
