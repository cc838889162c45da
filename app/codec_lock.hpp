// The server's answer to what the codec processes' self-test found.
#pragma once

#include "app/data_directory.hpp"
#include "codec/client.hpp"
#include "config/settings.hpp"

namespace convertd {

/// Tests the lock; logs what the kernel lacks. Throws std::runtime_error with a sentence for the
/// operator if the lock does not hold, or lacks what codec.require_landlock wants.
void test_codec_lock(const settings& with, const zygote_keeper& zygote, const data_directory& data);

} // namespace convertd
