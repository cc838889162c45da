#include "codec/syscall_filter.hpp"

#include "codec/fd.hpp"

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <fcntl.h>
#include <initializer_list>
#include <linux/seccomp.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <system_error>

namespace convertd {

namespace {

/// Work on memory, on the process itself, on the clock, and on descriptors that it has. None of
/// them takes a name or makes a descriptor, but recvmsg, which gets them from the server alone.
constexpr const char* allowed[] = {
  // descriptors
  "close", "fstat", "lseek", "poll", "ppoll", "pread64", "pwrite64", "read", "recvmsg", "write",
  // memory
  "brk", "madvise", "mremap", "munmap",
  // threads
  "exit", "exit_group", "futex", "gettid", "rseq", "sched_getaffinity", "sched_yield",
  "set_robust_list",
  // signals to itself
  "restart_syscall", "rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "sigaltstack",
  // time, chance, and facts about itself; sysinfo is asked by qsort
  "clock_getres", "clock_gettime", "clock_nanosleep", "getegid", "geteuid", "getgid", "getpid",
  "getrandom", "getrusage", "gettimeofday", "getuid", "nanosleep", "sysinfo", "time", "times"};

/// What libraries try and can do without. Refused like all the rest, but not worth a life: a
/// library of another release that looks for a file must not cost an honest image.
constexpr const char* refused[] = {
  "access", "faccessat", "faccessat2",     "fcntl",    "get_mempolicy",     "getcwd",
  "ioctl",  "lstat",     "newfstatat",     "readlink", "readlinkat",        "set_mempolicy",
  "stat",   "statx",     "sched_getparam", "uname",    "sched_getscheduler"};

/// The C library has another way for each.
constexpr const char* unknown[] = {"clone3", "futex_waitv", "membarrier"};

/// Calls are numbered in the order of their birth. Those younger than this list do not exist here,
/// as the C library expects of an old kernel.
constexpr int first_young_call = 451;
constexpr int last_young_call = 511;

using condition = scmp_arg_cmp;

condition bits(unsigned argument, std::uint64_t mask, std::uint64_t value) {
  return {argument, SCMP_CMP_MASKED_EQ, mask, value};
}

condition equals(unsigned argument, std::uint64_t value) {
  return {argument, SCMP_CMP_EQ, value, 0};
}

class filter_builder {
public:
  filter_builder() : context_{seccomp_init(SCMP_ACT_KILL_PROCESS)} {
    if (context_ == nullptr)
      throw std::system_error(ENOMEM, std::generic_category(), "seccomp_init");
    check(seccomp_attr_set(context_, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS));
    check(seccomp_attr_set(context_, SCMP_FLTATR_CTL_OPTIMIZE, 2)); // a tree, not a list
  }
  ~filter_builder() {
    seccomp_release(context_);
  }
  filter_builder(const filter_builder&) = delete;
  filter_builder& operator=(const filter_builder&) = delete;

  void add(std::uint32_t action, const char* name, std::initializer_list<condition> when = {}) {
    auto call = seccomp_syscall_resolve_name(name);
    if (call >= 0) // else this machine has none of that name
      add(action, call, when);
  }

  void add(std::uint32_t action, int call, std::initializer_list<condition> when = {}) {
    check(seccomp_rule_add_array(context_, action, call, static_cast<unsigned>(when.size()),
                                 std::data(when)));
  }

  std::vector<sock_filter> program() const {
    unique_fd file{::memfd_create("filter", MFD_CLOEXEC)};
    check(file ? seccomp_export_bpf(context_, file.get()) : -errno);
    auto size = ::lseek(file.get(), 0, SEEK_END);
    std::vector<sock_filter> code(static_cast<std::size_t>(size) / sizeof(sock_filter));
    if (::pread(file.get(), code.data(), static_cast<std::size_t>(size), 0) != size)
      check(-EIO);
    return code;
  }

private:
  static void check(int result) {
    if (result < 0)
      throw std::system_error(-result, std::generic_category(), "seccomp filter");
  }

  scmp_filter_ctx context_;
};

/// No memory that can be run, and none that a file or another process shares.
void add_memory_rules(filter_builder& to) {
  to.add(SCMP_ACT_ALLOW, "mmap", {bits(2, PROT_EXEC, 0), bits(3, MAP_SHARED, 0)});
  to.add(SCMP_ACT_ALLOW, "mprotect", {bits(2, PROT_EXEC, 0)});
}

/// A thread is one that shares all with us; libaom and dav1d start some. clone3 hides its flags in
/// memory, where no filter sees them; clone, to which the C library then turns, does not.
void add_thread_rules(filter_builder& to) {
  constexpr std::uint64_t shared =
    CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM;
  constexpr std::uint64_t apart = CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC
                                  | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET | CLONE_PTRACE
                                  | CLONE_VFORK | CLONE_UNTRACED | CLONE_PIDFD;
  to.add(SCMP_ACT_ALLOW, "clone", {bits(0, shared | apart, shared)});
  for (auto name : {PR_SET_NAME, PR_GET_NAME, PR_SET_VMA})
    to.add(SCMP_ACT_ERRNO(EPERM), "prctl", {equals(0, static_cast<std::uint64_t>(name))});
}

/// Limits can be asked, not set; words go to the server, without descriptors and without address.
void add_narrow_rules(filter_builder& to) {
  to.add(SCMP_ACT_ALLOW, "prlimit64", {equals(0, 0), equals(2, 0)});
  to.add(SCMP_ACT_ALLOW, "getrlimit");
  to.add(SCMP_ACT_ALLOW, "sendto", {equals(4, 0)});
  // Whose thread it is, the second filter looks at.
  to.add(SCMP_ACT_ALLOW, "tgkill");
}

/// A library may look for a file that is not there; who wants to write one means harm.
void add_open_rules(filter_builder& to) {
  constexpr std::uint64_t writing = O_ACCMODE | O_CREAT | O_TRUNC | (O_TMPFILE & ~O_DIRECTORY);
  to.add(SCMP_ACT_ERRNO(EPERM), "openat", {bits(2, writing, 0)});
  to.add(SCMP_ACT_ERRNO(EPERM), "open", {bits(1, writing, 0)});
}

bool load(const sock_filter* code, std::size_t size) {
  sock_fprog program{static_cast<unsigned short>(size), const_cast<sock_filter*>(code)};
  return ::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) == 0;
}

/// tgkill reaches the caller's own threads only: abort() and raise() need that. The pid is known
/// only here, so this is a filter of its own; of two the stricter answer counts.
bool load_own_signals_only() {
  constexpr auto word = [](std::uint32_t offset) {
    return sock_filter{BPF_LD | BPF_W | BPF_ABS, 0, 0, offset};
  };
  const sock_filter code[] = {
    word(offsetof(seccomp_data, nr)),
    {BPF_JMP | BPF_JEQ | BPF_K, 0, 2, SYS_tgkill},
    word(offsetof(seccomp_data, args[0])), // the kernel looks at these 32 bits only
    {BPF_JMP | BPF_JEQ | BPF_K, 0, 1, static_cast<std::uint32_t>(::getpid())},
    {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW},
    {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_KILL_PROCESS},
  };
  return load(code, std::size(code));
}

} // namespace

syscall_filter::syscall_filter() {
  filter_builder builder;
  for (const auto* name : allowed)
    builder.add(SCMP_ACT_ALLOW, name);
  for (const auto* name : refused)
    builder.add(SCMP_ACT_ERRNO(EPERM), name);
  for (const auto* name : unknown)
    builder.add(SCMP_ACT_ERRNO(ENOSYS), name);
  for (auto call = first_young_call; call <= last_young_call; ++call)
    builder.add(SCMP_ACT_ERRNO(ENOSYS), call);
  add_memory_rules(builder);
  add_thread_rules(builder);
  add_narrow_rules(builder);
  add_open_rules(builder);
  program_ = builder.program();
}

bool syscall_filter::install() const {
  return load_own_signals_only() && load(program_.data(), program_.size());
}

} // namespace convertd
