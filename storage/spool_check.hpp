// Compares the files of a data directory with the records that name them.
#pragma once

#include "storage/lmdb.hpp"

#include <filesystem>
#include <functional>
#include <optional>
#include <string>

namespace convertd {

/// A file outside of the store that a record names.
struct named_file {
  std::filesystem::path path;  ///< In the data directory: `live/<job>/source`.
  std::filesystem::path other; ///< Where it may be as well: it moves.
  std::uint64_t bytes = 0;
  std::optional<std::uint32_t> crc32; ///< Where the record has one.
  std::optional<job_id> job;          ///< Nothing: a saved file.
  std::optional<stored_file> stored;  ///< Nothing: the sources of a job.
};

/// Calls `visit` for each file that the records name and whose place is `data`; one that is not
/// there is given with the place where it would be. Damaged records are passed over.
void each_named_file(const std::filesystem::path& data, MDB_txn* txn,
                     const store::databases& tables,
                     const std::function<void(const named_file&)>& visit);

/// What is wrong with it, as a sentence; empty if nothing is. Reads the whole file.
std::string check_file(const std::filesystem::path& data, const named_file& x);

} // namespace convertd
