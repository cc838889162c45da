// Walks the pages of the store's file without LMDB, which ends the process when a page is not what
// it expects. Nothing that is read is trusted, so this never dies of what it finds; it says which
// page is wrong and reads on.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace convertd {

/// An entry of a table; valid during the call.
struct page_entry {
  std::string_view table;
  std::string_view key;
  std::string_view value;
};

struct page_walk_options {
  std::uint64_t txn = 0; ///< The commit to look at; 0 = the newest, in a file nobody writes to.
  /// Unset: the pages of long values are counted and not read.
  std::function<void(const page_entry&)> visit{};
  std::chrono::steady_clock::time_point until = std::chrono::steady_clock::time_point::max();
};

/// Keys of a table that could not be reached: from `low` on, below `high`; empty = no bound.
struct lost_range {
  std::string table; ///< Empty: whole tables, nobody knows which.
  std::string low;
  std::string high;
};

struct page_walk_result {
  std::vector<std::string> damage; ///< One sentence each.
  std::vector<lost_range> lost;
  std::uint64_t pages = 0; ///< That hold something.
  bool complete = true;    ///< False: the time was up.
  bool found = true;       ///< False: there is no such commit, by now.
};

/// Every page that is reachable must say what it is, hold its entries in order and between its
/// neighbours, and be used once; counts must fit, and what is listed as free must be. Throws
/// std::system_error if the file cannot be read at all.
page_walk_result walk_pages(const std::filesystem::path& file, const page_walk_options& options);

} // namespace convertd
