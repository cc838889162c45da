// ImageMagick's start: our policy in force, the environment without a say, all coders loaded.
#pragma once

#include <cstdint>
#include <string>

namespace convertd {

struct imaging_options {
  /// Most that all pixel caches of the process may take, bytes; set_memory_limit() can lower it.
  std::uint64_t memory_max = 0;
  /// Exit codes for the errors after which ImageMagick cannot go on; it would end with 1 for all.
  int exit_out_of_memory = 1;
  int exit_fatal = 1;
};

/// Call once, before any other function of this folder, while the process has one thread. Returns
/// what an operator should know: empty when all went well.
///
/// ImageMagick takes for each value the first policy it finds, and denies what any policy denies.
/// Ours must therefore be found before the one in /etc, which caps memory at 256 MiB on Debian. The
/// one way is MAGICK_CONFIGURE_PATH: a private directory that lives for the length of this call.
std::string start_imaging(const imaging_options& options);

/// Decodes and encodes a tiny image of each format, so that every module is loaded and no file
/// needs to be opened later, nor could be; of those that are not written reads tiny_file().
/// Returns the formats that failed, as one line; empty when all went well.
std::string warm_coders();

/// How much the pixel caches may take from now on; no more than memory_max.
void set_memory_limit(std::uint64_t bytes);

/// The policy as XML, for tests.
std::string policy_text(std::uint64_t memory_max);

} // namespace convertd
