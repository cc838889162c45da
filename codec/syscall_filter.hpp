// The system calls that a codec process may make, as a seccomp filter.
//
// A child that has its coders loaded computes: it needs memory, threads of its own (AVIF), the
// clock, and to read and write the descriptors that it was given. It never needs a name of a file,
// an address, another process, or memory that can be executed. docs/adr/0008-codec-lock.md says why
// each group is treated as it is.
#pragma once

#include <linux/filter.h>
#include <vector>

namespace convertd {

/// Compiled once, in the zygote, since that takes longer than forking a child.
class syscall_filter {
public:
  /// Throws std::system_error.
  syscall_filter();

  /// Binds the calling process and all that it may become to the filter; needs no_new_privs.
  bool install() const;

private:
  std::vector<sock_filter> program_;
};

} // namespace convertd
