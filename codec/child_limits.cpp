#include "codec/child_limits.hpp"

#include "job/limits.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <ctime>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace convertd {

namespace {

constexpr auto unchanged = static_cast<std::uint32_t>(-1);

/// The calling thread's real user and group, changed for as long as this lives. The effective ones,
/// which decide over all else, stay. By system call, since the C library would change all threads.
class borrowed_identity {
public:
  borrowed_identity(std::uint32_t uid, std::uint32_t gid) : uid_{::getuid()}, gid_{::getgid()} {
    set(uid, gid);
  }
  ~borrowed_identity() {
    set(uid_, gid_);
  }
  borrowed_identity(const borrowed_identity&) = delete;
  borrowed_identity& operator=(const borrowed_identity&) = delete;

private:
  static void set(std::uint32_t uid, std::uint32_t gid) {
    ::syscall(SYS_setresgid, gid, unchanged, unchanged);
    ::syscall(SYS_setresuid, uid, unchanged, unchanged);
  }

  std::uint32_t uid_;
  std::uint32_t gid_;
};

/// Moves the soft limit only: raising a hard one is root's, and it says what is possible at all.
bool move_soft_limit(pid_t pid, __rlimit_resource what, std::uint64_t soft) {
  rlimit limit{};
  if (::prlimit(pid, what, nullptr, &limit) != 0)
    return false;
  limit.rlim_cur = std::min<rlim_t>(soft, limit.rlim_max);
  return ::prlimit(pid, what, &limit, nullptr) == 0;
}

bool move_limit(const limited_child& x, __rlimit_resource what, std::uint64_t soft) {
  if (move_soft_limit(x.pid, what, soft))
    return true;
  if (errno != EPERM || ::geteuid() != 0)
    return false;
  borrowed_identity as_child{x.uid, x.gid};
  return move_soft_limit(x.pid, what, soft);
}

bool keep_limit(const limited_child& x, __rlimit_resource what, std::uint64_t soft,
                std::optional<std::uint64_t>& last) {
  if (last == soft)
    return true;
  last.reset();
  if (!move_limit(x, what, soft))
    return false;
  last = soft;
  return true;
}

/// What RLIMIT_AS counts. 0 if the kernel does not say.
[[maybe_unused]] std::uint64_t address_space(int memory_facts) {
  char text[64]{};
  if (::pread(memory_facts, text, sizeof text - 1, 0) <= 0)
    return 0;
  auto pages = std::strtoull(text, nullptr, 10);
  return pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

} // namespace

bool limited_child::limit_memory([[maybe_unused]] std::uint64_t bytes) {
#ifdef CONVERTD_SANITIZED // their shadow memory alone is terabytes
  return true;
#else
  constexpr auto room = 64 * mib;
  return keep_limit(*this, RLIMIT_AS, std::max(bytes, address_space(memory_facts) + room), memory);
#endif
}

bool limited_child::limit_cpu(std::chrono::milliseconds time) {
  using namespace std::chrono;
  clockid_t clock{};
  timespec so_far{};
  if (::clock_getcpuclockid(pid, &clock) != 0 || ::clock_gettime(clock, &so_far) != 0)
    return false;
  constexpr seconds rounding{2}; // of the time so far, and of the limit itself
  auto all = seconds{so_far.tv_sec} + ceil<seconds>(time) + rounding;
  return keep_limit(*this, RLIMIT_CPU, static_cast<std::uint64_t>(all.count()), cpu);
}

bool limited_child::limit_output(std::uint64_t bytes) {
  return keep_limit(*this, RLIMIT_FSIZE, bytes, output);
}

} // namespace convertd
