// Saves what can be read of a damaged store into a new one.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace convertd {

struct repair_result {
  std::uint64_t saved = 0;       ///< Records that were read and are whole.
  std::uint64_t from_copy = 0;   ///< Records that were lost and stand as the copy has them.
  std::vector<std::string> lost; ///< One sentence each.
};

/// Reads the store in `data`, page by page and without LMDB, and writes the records that are whole
/// to a new store in the folder `to`, with indexes and totals made anew. Where pages could not be
/// read, records of the store in `copy` stand in, if there is one. What belongs to a job that is
/// lost is left out; a file or an output of a job that is lost is failed or erased. Changes nothing
/// in `data`. Throws store_error, std::system_error.
repair_result repair_store(const std::filesystem::path& data, const std::filesystem::path& to,
                           const std::filesystem::path& copy, std::uint64_t map_bytes);

} // namespace convertd
