// Proof at every start that the lock of the codec processes holds on this machine.
#pragma once

#include "codec/client.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace convertd {

struct self_test_report {
  std::size_t acts = 0;          ///< That were tried.
  std::uint32_t landlock = 0;    ///< Version of the kernel's Landlock; 0 = none.
  std::vector<std::string> held; ///< What a child could not do.
  /// What a child could do, or could not for another reason than the lock. Each goes on from "a
  /// codec process could". Not one may be here.
  std::vector<std::string> breaches;
  /// Why no child could be tried at all, as a sentence; empty if it could.
  std::string trouble;

  bool passed() const {
    return breaches.empty() && trouble.empty();
  }
};

/// Starts `options.program`, convertd-codec-trial, as a zygote and tries every act in a child of
/// it: they put on the same lock as those that convert, and a fork costs little. Ends it. Never
/// throws.
self_test_report codec_self_test(const codec_options& options, const std::string& folder,
                                 std::chrono::steady_clock::time_point deadline);

/// Has the zygote behind `control` make one child for each of forbidden_acts(), and looks at how
/// each ends: as many at a time as there are processors, at most four. `folder` is the data
/// directory. About 1 ms an act.
self_test_report codec_self_test(int control, const std::string& folder,
                                 std::chrono::steady_clock::time_point deadline);

/// What keeps the server from starting, and what to do; empty if the test has passed.
std::string complaint(const self_test_report& x);

/// What a kernel with this version of Landlock does not offer, a sentence each.
std::vector<std::string> missing_walls(std::uint32_t landlock);

} // namespace convertd
