// Looks at a store in a process of its own: LMDB ends its process when a page is not what it
// expects, and that must not be this one.
#pragma once

#include "storage/store_check.hpp"

#include <chrono>
#include <functional>
#include <stdexcept>
#include <string>

namespace convertd {

/// How a child ended that did some work, and what it said.
struct child_end {
  std::string said;
  int exit_code = 0;
  int signal = 0;       ///< 0 = it ended by itself.
  bool overdue = false; ///< It was killed because its time was up.
};

/// Forks and runs `work` in the child, which says what it returns. Only while this process has one
/// thread. `within`: 0 = however long it takes.
child_end run_in_child(const std::function<std::string()>& work, std::chrono::milliseconds within);

enum class store_state : std::uint8_t { whole, unfinished, damaged, newer };

struct store_report {
  store_state state = store_state::whole;
  std::vector<std::string> damage; ///< One sentence each, the first of them.
  std::uint64_t damaged = 0;       ///< How many there are.
  std::string newer;
  std::uint64_t pages = 0;
  std::uint64_t records = 0;
  std::uint64_t files = 0;
};

/// check_store() in a child, for at most `within` (0 = however long). A child that dies is a store
/// that is damaged. Throws std::system_error; std::runtime_error for a store that cannot be looked
/// at for another reason than damage.
store_report check_in_child(const std::filesystem::path& data, check_options options,
                            std::chrono::milliseconds within);

/// In one sentence: what is wrong and which verb helps.
std::string advice(const store_report& x, const std::filesystem::path& data);

/// A store that may not be opened; the text is advice().
class store_refused : public std::runtime_error {
public:
  explicit store_refused(const store_report& x, const std::filesystem::path& data)
    : std::runtime_error{advice(x, data)}, state_{x.state} {}
  store_state state() const {
    return state_;
  }

private:
  store_state state_;
};

/// For `serve`, with the data directory's lock held: throws store_refused unless the store may
/// be opened. A data directory without a store may only be one without files. Logs
/// when the time was not enough to look at all of it.
void check_before_opening(const std::filesystem::path& data, std::uint64_t map_bytes,
                          std::chrono::milliseconds within);

} // namespace convertd
