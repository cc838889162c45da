// Tests draw their pictures in their own process.
#include "imaging/policy.hpp"
#include "job/limits.hpp"

#include <gtest/gtest.h>

namespace convertd {
namespace {

class imaging_started : public testing::Environment {
public:
  void SetUp() override {
    ASSERT_EQ(start_imaging({.memory_max = 2 * gib}), "");
  }
};

[[maybe_unused]] const auto* const registered =
  testing::AddGlobalTestEnvironment(new imaging_started);

} // namespace
} // namespace convertd
