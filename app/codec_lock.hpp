// The server's answer to what the codec processes' self-test found.
#pragma once

#include "app/data_directory.hpp"
#include "codec/self_test.hpp"
#include "config/settings.hpp"

#include <future>
#include <string>

namespace convertd {

/// The lock is tried out in processes of its own, beside whatever the caller does meanwhile.
class codec_lock_test {
public:
  codec_lock_test(const settings& with, const data_directory& data);

  /// Waits for the end; logs what the kernel lacks. Throws std::runtime_error with a sentence for
  /// the operator if the lock does not hold, or lacks what codec.require_landlock wants.
  void pass();

private:
  std::string required_;
  std::future<self_test_report> report_;
};

} // namespace convertd
