// Every kind of processor that this machine can stand in for.
#pragma once

#include <gtest/gtest.h>

#include <hwy/targets.h>

namespace convertd {

/// Runs `f` as every processor would that this machine can stand in for.
template <class F>
void on_every_target(F f) {
  for (auto target : hwy::SupportedAndGeneratedTargets()) {
    SCOPED_TRACE(hwy::TargetName(target));
    hwy::SetSupportedTargetsForTest(target);
    hwy::GetChosenTarget().Update(target);
    f();
  }
  hwy::SetSupportedTargetsForTest(0);
  hwy::GetChosenTarget().Update(hwy::SupportedTargets());
}

} // namespace convertd
