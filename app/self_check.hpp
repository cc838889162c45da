// A tiny picture on the way that everybody's pictures take: supervisor, pool, codec process, and
// back.
#pragma once

#include "actors/commands.hpp"
#include "storage/job_files.hpp"

#include <chrono>
#include <functional>
#include <string>

namespace convertd {

/// Whose the picture is: no account has this number.
inline constexpr account_id self_check_account = 0;

class self_check {
public:
  self_check(commands& actors, const job_files& files) : actors_{&actors}, files_{&files} {}

  /// Nothing if it came back converted within `time`, else what went wrong, in a few words. Gives
  /// up when `stop` says so.
  std::string run(std::chrono::milliseconds time, const std::function<bool()>& stop) const;

private:
  commands* actors_;
  const job_files* files_;
};

} // namespace convertd
