// Says what is wrong with a store. What it finds may end the process that looks (LMDB stops or
// faults on pages that it does not expect), so it is called in a child: app/store_child.hpp.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace convertd {

enum class check_extent : std::uint8_t {
  records, ///< Pages, records and indexes; of sources and outputs only that they are there.
  all,     ///< Also every byte of sources and outputs, in the store and in files.
};

struct check_options {
  check_extent extent = check_extent::all;
  /// Nobody else has the store open: without LMDB's lock file.
  bool alone = true;
  std::uint64_t map_bytes = 64ULL << 30;
  /// How long records are compared with each other, at most, once all pages fit; 0 = to the end.
  std::chrono::nanoseconds compare_time{0};
  std::chrono::steady_clock::time_point until = std::chrono::steady_clock::time_point::max();
};

enum class check_reach : std::uint8_t {
  some_pages, ///< The time was up before all pages were read; or other commits were too quick.
  pages,      ///< The time was up before all records were compared.
  all,
};

struct check_result {
  std::vector<std::string> damage; ///< One sentence each; empty = none was found.
  std::string newer;               ///< The format, if it is one of a newer program.
  std::uint64_t pages = 0;
  std::uint64_t records = 0;
  std::uint64_t files = 0; ///< Outside of the store.
  check_reach reach = check_reach::all;
};

/// `data`: the data directory. Throws std::system_error, store_error.
check_result check_store(const std::filesystem::path& data, const check_options& options);

} // namespace convertd
