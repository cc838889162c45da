#include "codec/codec_limits.hpp"

#include "codec/landlock.hpp"
#include "codec/message.hpp"
#include "job/limits.hpp"
#include "job/test_hooks.hpp"

#include <algorithm>
#include <charconv>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <grp.h>
#include <malloc.h>
#include <string_view>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace convertd {

namespace {

/// Threads of the user that a child runs as, all programs together: far above what encoders start,
/// far below what would take the machine's process numbers.
constexpr rlim_t threads_max = 4096;

void require(bool ok, int code = exit_fatal) {
  if (!ok)
    _exit(code);
}

void set_limit(__rlimit_resource what, rlim_t soft, rlim_t hard) {
  rlimit limit{};
  ::getrlimit(what, &limit); // one that is lower already stays
  limit = {std::min(soft, limit.rlim_max), std::min(hard, limit.rlim_max)};
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
  require(::setgroups(0, nullptr) == 0, exit_no_identity);
  require(options.gid == 0 || ::setresgid(options.gid, options.gid, options.gid) == 0,
          exit_no_identity);
  require(options.uid == 0 || ::setresuid(options.uid, options.uid, options.uid) == 0,
          exit_no_identity);
}

void set_first_limits([[maybe_unused]] const child_options& options) {
  set_limit(RLIMIT_CORE, 0, 0);
  set_limit(RLIMIT_NOFILE, 16, 16);
  set_limit(RLIMIT_NPROC, threads_max, threads_max);
  set_limit(RLIMIT_FSIZE, 0, RLIM_INFINITY); // until the first file has its own
#ifndef CONVERTD_SANITIZED                   // their shadow memory alone is terabytes
  set_limit(RLIMIT_AS, std::max(codec_memory_base, address_space_now() + 64 * mib),
            options.memory_max);
#endif
}

template <class T>
bool parse(std::string_view text, T& into) {
  auto end = text.data() + text.size();
  auto [at, error] = std::from_chars(text.data(), end, into);
  return error == std::errc{} && at == end;
}

} // namespace

std::optional<child_options> parse_child_options(int count, char** words) {
  child_options x;
  auto& how = x.effort;
  if (count != 8 || !parse(words[0], x.uid) || !parse(words[1], x.gid)
      || !parse(words[2], x.memory_max))
    return std::nullopt;
  auto** word = words + 3;
  for (auto* each : {&how.png_level, &how.tiff_level, &how.avif_speed, &how.webp_method,
                     &how.webp_animation_method})
    if (!parse(*word++, *each))
      return std::nullopt;
  if (x.memory_max == 0)
    x.memory_max = codec_memory(image_limits{}.frame_pixels_max);
  return x;
}

/// The channel at its place; 0 and 1 are /dev/null already, and so is 2 from here on, so that no
/// library's message ends in somebody's image.
void keep_only(unique_fd channel) {
  ::dup2(channel.get(), channel_in_child);
  ::syscall(SYS_close_range, channel_in_child + 1, ~0u, 0);
#ifndef CONVERTD_SANITIZED
  ::dup2(1, 2);
#endif
}

void limit_zygote([[maybe_unused]] const child_options& options) {
#ifndef CONVERTD_SANITIZED
  set_limit(RLIMIT_AS, options.memory_max, options.memory_max);
#endif
}

void lock_down(const child_options& options, pid_t zygote, const syscall_filter& filter,
               lock_layers layers) {
  memory_facts = ::open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
  change_identity(options);
  ::setpgid(0, 0); // no session of its own: with autogroups its niceness would count for nothing
  // After the change of identity, which clears it.
  require(::prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && ::getppid() == zygote);
  require(::prctl(PR_SET_DUMPABLE, 0) == 0);
  require(::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
  ::signal(SIGXFSZ, SIG_IGN); // write says EFBIG instead
  set_first_limits(options);
  auto unlocked = fault_wanted("unlocked-codec");
  if (!unlocked && !fault_wanted("codec-without-landlock"))
    require(landlock_refuse_all(), exit_no_landlock);
  if (!unlocked && layers == lock_layers::all && !fault_wanted("codec-without-filter"))
    require(filter.install(), exit_no_filter);
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

} // namespace convertd
