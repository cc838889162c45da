#include "codec/codec_limits.hpp"

#include "codec/message.hpp"

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <grp.h>
#include <malloc.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

namespace convertd {

namespace {

void require(bool ok) {
  if (!ok)
    _exit(exit_fatal);
}

void set_limit(__rlimit_resource what, rlim_t soft, rlim_t hard) {
  rlimit limit{soft, hard};
  require(::setrlimit(what, &limit) == 0);
}

/// Moves the soft limit only.
void move_limit(__rlimit_resource what, rlim_t soft) {
  rlimit limit{};
  ::getrlimit(what, &limit);
  limit.rlim_cur = std::min(soft, limit.rlim_max);
  require(::setrlimit(what, &limit) == 0);
}

/// Opened before the lock falls, read after it.
int memory_facts = -1;

/// What RLIMIT_AS counts. 0 if the kernel does not say.
std::uint64_t address_space_now() {
  char text[64]{};
  if (::pread(memory_facts, text, sizeof text - 1, 0) <= 0)
    return 0;
  auto pages = std::strtoull(text, nullptr, 10);
  return pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

void change_identity(const child_options& options) {
  if (::geteuid() != 0 || (options.uid == 0 && options.gid == 0))
    return;
  require(::setgroups(0, nullptr) == 0);
  require(options.gid == 0 || ::setresgid(options.gid, options.gid, options.gid) == 0);
  require(options.uid == 0 || ::setresuid(options.uid, options.uid, options.uid) == 0);
}

} // namespace

void lock_down(const child_options& options, pid_t zygote) {
  memory_facts = ::open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
  change_identity(options);
  ::setsid();
  // After the change of identity, which clears it.
  require(::prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && ::getppid() == zygote);
  require(::prctl(PR_SET_DUMPABLE, 0) == 0);
  require(::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
  ::signal(SIGXFSZ, SIG_IGN); // write says EFBIG instead
  set_limit(RLIMIT_CORE, 0, 0);
  set_limit(RLIMIT_NOFILE, 16, 16);
#ifndef CONVERTD_SANITIZED
  set_limit(RLIMIT_AS, options.memory_max, options.memory_max);
#endif
  limit_memory(codec_memory_base);
  // The lock, Landlock and then seccomp, goes here: all modules are loaded and all descriptors
  // open.
}

void limit_memory([[maybe_unused]] std::uint64_t bytes) {
#ifndef CONVERTD_SANITIZED // their shadow memory alone is terabytes
  constexpr auto room = 64 * mib;
  move_limit(RLIMIT_AS, std::max(bytes, address_space_now() + room));
#endif
}

std::uint64_t memory_limit_max() {
  rlimit limit{};
  ::getrlimit(RLIMIT_AS, &limit);
  return limit.rlim_max; // RLIM_INFINITY is the largest number
}

bool trim_memory() {
  if (address_space_now() > codec_memory_base)
    ::malloc_trim(0);
  return memory_limit_max() == RLIM_INFINITY || address_space_now() <= memory_limit_max() / 2;
}

void limit_cpu(std::chrono::milliseconds time) {
  using namespace std::chrono;
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  auto so_far = seconds{used.ru_utime.tv_sec + used.ru_stime.tv_sec};
  constexpr seconds rounding{2}; // of the two parts above, and of the limit itself
  move_limit(RLIMIT_CPU, static_cast<rlim_t>((so_far + ceil<seconds>(time) + rounding).count()));
}

void limit_output(std::uint64_t bytes) {
  move_limit(RLIMIT_FSIZE, bytes);
}

} // namespace convertd
