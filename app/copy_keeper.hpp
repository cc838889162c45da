// Keeps a recent copy of the store, so that there is something to go back to.
#pragma once

#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <thread>

namespace convertd {

/// Runs `convertd store copy` whenever the kept copy is older than `interval`, in a process of its
/// own with the lowest priority: what is wrong with a page must not end this one. A copy takes the
/// place of the last only if it is whole. What fails is logged, and tried again an interval later.
class copy_keeper {
public:
  /// `interval` 0: none is made.
  copy_keeper(std::filesystem::path data, std::chrono::milliseconds interval);
  ~copy_keeper(); ///< Ends a copy that is being made.
  copy_keeper(const copy_keeper&) = delete;
  copy_keeper& operator=(const copy_keeper&) = delete;

private:
  void keep();
  void make_one();
  /// True if it is time to end.
  bool wait_for(std::chrono::milliseconds time);
  std::chrono::milliseconds until_due() const;

  std::filesystem::path data_;
  std::chrono::milliseconds interval_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;
  std::thread thread_;
};

} // namespace convertd
