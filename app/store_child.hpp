// Looks at a store in a process of its own: LMDB ends its process when a page is not what it
// expects, and that must not be this one.
#pragma once

#include "config/settings.hpp"
#include "storage/fd.hpp"
#include "storage/store_check.hpp"

#include <chrono>
#include <filesystem>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <sys/types.h>

namespace convertd {

/// How a child ended that did some work, and what it said.
struct child_end {
  std::string said;
  int exit_code = 0;
  int signal = 0;       ///< 0 = it ended by itself.
  bool overdue = false; ///< It was killed because its time was up.
};

/// A child that does `work` and says what it returns. Forked at once, and only while this process
/// has one thread. `within`: 0 = however long it takes. It ends with its owner at the latest.
class working_child {
public:
  working_child(const std::function<std::string()>& work, std::chrono::milliseconds within);
  ~working_child();
  working_child(const working_child&) = delete;
  working_child& operator=(const working_child&) = delete;

  /// Once.
  child_end wait();

private:
  std::chrono::steady_clock::time_point until_;
  owned_fd in_; ///< What it says.
  pid_t pid_ = -1;
};

/// The same, waited for.
child_end run_in_child(const std::function<std::string()>& work, std::chrono::milliseconds within);

enum class store_state : std::uint8_t {
  whole,
  not_compared, ///< All pages fit; the time was up before all records were compared.
  unfinished,   ///< The time was up before that.
  damaged,
  newer,
};

struct store_report {
  store_state state = store_state::whole;
  std::vector<std::string> damage; ///< One sentence each, the first of them.
  std::uint64_t damaged = 0;       ///< How many there are.
  std::string newer;
  std::uint64_t pages = 0;
  std::uint64_t records = 0;
  std::uint64_t files = 0;
};

/// check_store() in a child, for at most `within` (0 = however long). Throws std::system_error.
class store_check_run {
public:
  store_check_run(const std::filesystem::path& data, check_options options,
                  std::chrono::milliseconds within);

  /// Once. A child that died is a store that is damaged. Throws std::runtime_error for a store that
  /// cannot be looked at for another reason than damage.
  store_report wait();

private:
  working_child child_;
};

/// The same, waited for.
store_report check_in_child(const std::filesystem::path& data, const check_options& options,
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

/// False for a data directory that is new. Throws store_refused if the store is gone from one that
/// has files of jobs.
bool has_store(const std::filesystem::path& data);

/// For `serve`, with the data directory's lock held: may the store be opened? A data directory
/// without a store may only be one without files; that is found at once. Throws store_refused.
class opening_check {
public:
  opening_check(std::filesystem::path data, const store_settings& with);

  /// Waits for the end. Throws store_refused; logs when the time was not enough to look at all.
  void pass();

private:
  std::filesystem::path data_;
  std::chrono::milliseconds within_;
  std::optional<store_check_run> run_; ///< None: there is nothing to look at.
};

} // namespace convertd
