#include "codec/forbidden_acts.hpp"

#include "codec/landlock.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstring>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/io_uring.h>
#include <linux/keyctl.h>
#include <linux/perf_event.h>
#include <netinet/in.h>
#include <sched.h>
#include <string>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

namespace convertd {

namespace {

using context = const act_context&;

/// A system call as it is: the C library has ways around.
template <class... T>
int call(long number, T... arguments) {
  return ::syscall(number, arguments...) < 0 ? errno : 0;
}

int open_name(const std::string& name, int flags) {
  return call(SYS_openat, AT_FDCWD, name.c_str(), flags, 0600);
}

/// Gone again, should it have been made.
int make_file(const std::string& folder) {
  auto name = folder + "/convertd-self-test";
  auto error = open_name(name, O_WRONLY | O_CREAT | O_EXCL);
  if (error == 0)
    ::unlink(name.c_str());
  return error;
}

int open_socket(int family, int type) {
  return call(SYS_socket, family, type, 0);
}

int name_abstract(int socket, long number) {
  sockaddr_un to{};
  to.sun_family = AF_UNIX;
  constexpr char name[] = "\0convertd-self-test";
  std::memcpy(to.sun_path, name, sizeof name);
  return call(number, socket, &to, sizeof to);
}

int call_loopback(long number, std::uint16_t port) {
  auto socket = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return call(number, socket, &to, sizeof to);
}

int run_true(int folder, const char* name, int flags) {
  char* arguments[] = {nullptr};
  return call(SYS_execveat, folder, name, arguments, arguments, flags);
}

int clone_process(unsigned long flags) {
  auto pid = ::syscall(SYS_clone, flags | SIGCHLD, nullptr, nullptr, nullptr, nullptr);
  if (pid == 0)
    _exit(0);
  return pid < 0 ? errno : 0;
}

int copy_of_zygote(context with, long number) {
  char byte = 0;
  iovec here{&byte, 1};
  iovec there{reinterpret_cast<void*>(&errno), 1};
  return call(number, with.zygote, &here, 1ul, &there, 1ul, 0ul);
}

int map_memory(int protection, int flags) {
  auto* page = ::mmap(nullptr, 4096, protection, flags | MAP_ANONYMOUS, -1, 0);
  return page == MAP_FAILED ? errno : 0;
}

int make_executable() {
  auto* page = ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return ::mprotect(page, 4096, PROT_READ | PROT_EXEC) < 0 ? errno : 0;
}

int set_own_limit(long number) {
  rlimit most{RLIM_INFINITY, RLIM_INFINITY};
  return number == SYS_setrlimit ? call(number, RLIMIT_FSIZE, &most)
                                 : call(number, 0, RLIMIT_FSIZE, &most, nullptr);
}

int send_descriptor(int socket, int fd) {
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof fd)]{};
  char byte = 0;
  iovec part{&byte, 1};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  auto* head = CMSG_FIRSTHDR(&message);
  head->cmsg_level = SOL_SOCKET;
  head->cmsg_type = SCM_RIGHTS;
  head->cmsg_len = CMSG_LEN(sizeof fd);
  std::memcpy(CMSG_DATA(head), &fd, sizeof fd);
  return call(SYS_sendmsg, socket, &message, MSG_DONTWAIT);
}

/// The server has set a limit of 4,096 bytes.
int write_too_much(context with) {
  char page[4096]{};
  for (off_t at : {0, 4096})
    if (::pwrite(with.output, page, sizeof page, at) < 0)
      return errno;
  return 0;
}

int take_too_much() {
#ifdef CONVERTD_SANITIZED // no limit there
  return ENOMEM;
#else
  auto* all = ::mmap(nullptr, 1ul << 40, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  return all == MAP_FAILED ? errno : 0;
#endif
}

/// 0 to 2 must be /dev/null, 3 is the channel, 4 the process's own memory facts.
int find_descriptor() {
  struct stat facts {};
  for (auto fd = 5; fd < 1024; ++fd)
    if (::syscall(SYS_fstat, fd, &facts) == 0)
      return 0;
#ifndef CONVERTD_SANITIZED // their stderr stays
  for (auto fd : {0, 1, 2})
    if (::syscall(SYS_fstat, fd, &facts) != 0 || !S_ISCHR(facts.st_mode))
      return 0;
#endif
  return EBADF;
}

constexpr auto all = lock_layers::all;
constexpr auto second = lock_layers::without_filter;

// clang-format off
constexpr std::array acts{
  // Files
  forbidden_act{"open a file for reading", EPERM, [](context) { return open_name("/etc/passwd", O_RDONLY); }},
  forbidden_act{"list a folder", EPERM, [](context) { return open_name("/", O_RDONLY | O_DIRECTORY); }},
  forbidden_act{"look at a file's facts", EPERM, [](context) { struct stat x{}; return call(SYS_newfstatat, AT_FDCWD, "/etc/passwd", &x, 0); }},
  forbidden_act{"ask whether a file exists", EPERM, [](context) { return call(SYS_faccessat, AT_FDCWD, "/etc/passwd", F_OK); }},
  forbidden_act{"read a link", EPERM, [](context) { char x[8]; return call(SYS_readlinkat, AT_FDCWD, "/proc/self/exe", x, sizeof x); }},
  forbidden_act{"make a file in the data folder", killed, [](context x) { return make_file(x.folder); }},
  forbidden_act{"make a file in /tmp", killed, [](context) { return make_file("/tmp"); }},
  forbidden_act{"make a file without a name", killed, [](context) { return open_name("/tmp", O_TMPFILE | O_RDWR); }},
  forbidden_act{"open its own memory as a file", killed, [](context) { return open_name("/proc/self/mem", O_RDWR); }},
  forbidden_act{"open a file by openat2", killed, [](context) { std::uint64_t how[3]{}; return call(SYS_openat2, AT_FDCWD, "/etc/passwd", how, sizeof how); }},
  forbidden_act{"remove a file", killed, [](context) { return call(SYS_unlinkat, AT_FDCWD, "/tmp/convertd-self-test", 0); }},
  forbidden_act{"rename a file", killed, [](context) { return call(SYS_renameat2, AT_FDCWD, "/tmp/convertd-self-test", AT_FDCWD, "/tmp/convertd-self-test", 0); }},
  forbidden_act{"make a folder", killed, [](context) { return call(SYS_mkdirat, AT_FDCWD, "/tmp", 0700); }},
  forbidden_act{"make a link", killed, [](context) { return call(SYS_symlinkat, "x", AT_FDCWD, "/tmp"); }},
  forbidden_act{"change a file's mode", killed, [](context) { return call(SYS_fchmod, 0, 0666); }},
  forbidden_act{"make a memory file", killed, [](context) { return call(SYS_memfd_create, "x", 0); }},
  forbidden_act{"copy a descriptor", killed, [](context) { return call(SYS_dup, 0); }},
  forbidden_act{"find a descriptor that is not its own", EBADF, [](context) { return find_descriptor(); }},
  forbidden_act{"write more than it was granted", EFBIG, write_too_much, all, 0, true},
  // The network
  forbidden_act{"open an Internet socket", killed, [](context) { return open_socket(AF_INET, SOCK_STREAM); }},
  forbidden_act{"open a local socket", killed, [](context) { return open_socket(AF_UNIX, SOCK_STREAM); }},
  forbidden_act{"open a netlink socket", killed, [](context) { return open_socket(AF_NETLINK, SOCK_RAW); }},
  forbidden_act{"make a pair of sockets", killed, [](context) { int x[2]; return call(SYS_socketpair, AF_UNIX, SOCK_STREAM, 0, x); }},
  forbidden_act{"connect to an abstract socket", killed, [](context x) { return name_abstract(x.channel, SYS_connect); }},
  forbidden_act{"bind an abstract socket", killed, [](context x) { return name_abstract(x.channel, SYS_bind); }},
  forbidden_act{"send a descriptor", killed, [](context x) { return send_descriptor(x.channel, 0); }},
  // Programs and processes
  forbidden_act{"run a program", killed, [](context) { return call(SYS_execve, "/bin/true", nullptr, nullptr); }},
  forbidden_act{"run a program from a descriptor", killed, [](context x) { return run_true(x.output, "", AT_EMPTY_PATH); }, all, 0, true},
  forbidden_act{"fork", killed, [](context) { return clone_process(0); }},
  forbidden_act{"fork into a namespace", killed, [](context) { return clone_process(CLONE_NEWUSER); }},
  forbidden_act{"fork by clone3", ENOSYS, [](context) { return call(SYS_clone3, nullptr, 0); }},
  forbidden_act{"trace the zygote", killed, [](context x) { return call(SYS_ptrace, PTRACE_SEIZE, x.zygote, 0, 0); }},
  forbidden_act{"be traced", killed, [](context) { return call(SYS_ptrace, PTRACE_TRACEME, 0, 0, 0); }},
  forbidden_act{"signal the zygote", killed, [](context x) { return call(SYS_kill, x.zygote, 0); }},
  forbidden_act{"signal a thread of the zygote", killed, [](context x) { return call(SYS_tgkill, x.zygote, x.zygote, 0); }},
  forbidden_act{"get hold of the zygote", killed, [](context x) { return call(SYS_pidfd_open, x.zygote, 0); }},
  forbidden_act{"read the zygote's memory", killed, [](context x) { return copy_of_zygote(x, SYS_process_vm_readv); }},
  forbidden_act{"write the zygote's memory", killed, [](context x) { return copy_of_zygote(x, SYS_process_vm_writev); }},
  forbidden_act{"ask for the zygote's limits", killed, [](context x) { rlimit y{}; return call(SYS_prlimit64, x.zygote, RLIMIT_AS, nullptr, &y); }},
  // Itself
  forbidden_act{"map memory that can be run", killed, [](context) { return map_memory(PROT_READ | PROT_EXEC, MAP_PRIVATE); }},
  forbidden_act{"map memory that is shared", killed, [](context) { return map_memory(PROT_READ, MAP_SHARED); }},
  forbidden_act{"make memory executable", killed, [](context) { return make_executable(); }},
  forbidden_act{"take more memory than it was granted", ENOMEM, [](context) { return take_too_much(); }},
  forbidden_act{"raise its limits", killed, [](context) { return set_own_limit(SYS_prlimit64); }},
  forbidden_act{"raise its limits by setrlimit", killed, [](context) { return set_own_limit(SYS_setrlimit); }},
  forbidden_act{"make itself dumpable", killed, [](context) { return call(SYS_prctl, PR_SET_DUMPABLE, 1, 0, 0, 0); }},
  forbidden_act{"outlive the zygote", killed, [](context) { return call(SYS_prctl, PR_SET_PDEATHSIG, 0, 0, 0, 0); }},
  forbidden_act{"become root", killed, [](context) { return call(SYS_setresuid, 0, 0, 0); }},
  forbidden_act{"change its capabilities", killed, [](context) { std::uint32_t x[2] = {0x20080522, 0}; return call(SYS_capset, x, nullptr); }},
  forbidden_act{"change its personality", killed, [](context) { return call(SYS_personality, 0xFFFFFFFF); }},
  // The kernel
  forbidden_act{"make a namespace", killed, [](context) { return call(SYS_unshare, CLONE_NEWUSER); }},
  forbidden_act{"enter a namespace", killed, [](context) { return call(SYS_setns, 0, 0); }},
  forbidden_act{"mount", killed, [](context) { return call(SYS_mount, "none", "/proc/self/convertd", "tmpfs", 0, nullptr); }},
  forbidden_act{"change its root", killed, [](context) { return call(SYS_chroot, "/"); }},
  forbidden_act{"set up io_uring", killed, [](context) { io_uring_params x{}; return call(SYS_io_uring_setup, 1, &x); }},
  forbidden_act{"load a BPF program", killed, [](context) { bpf_attr x{}; return call(SYS_bpf, BPF_MAP_CREATE, &x, sizeof x); }},
  forbidden_act{"watch performance events", killed, [](context) { perf_event_attr x{}; x.size = sizeof x; return call(SYS_perf_event_open, &x, 0, -1, -1, 0); }},
  forbidden_act{"use the kernel's keys", killed, [](context) { return call(SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_SESSION_KEYRING, 0); }},
  forbidden_act{"handle page faults", killed, [](context) { return call(SYS_userfaultfd, 1); }},
  forbidden_act{"share memory by number", killed, [](context) { return call(SYS_shmget, 0, 4096, 0600); }},
  forbidden_act{"change the filter", killed, [](context) { return call(SYS_seccomp, 0, 0, nullptr); }},
  // The second wall, Landlock, as if the filter had a hole
  forbidden_act{"open a file for reading, but for the filter", EACCES, [](context) { return open_name("/etc/passwd", O_RDONLY); }, second, landlock_files},
  forbidden_act{"list a folder, but for the filter", EACCES, [](context) { return open_name("/", O_RDONLY | O_DIRECTORY); }, second, landlock_files},
  forbidden_act{"make a file in /tmp, but for the filter", EACCES, [](context) { return make_file("/tmp"); }, second, landlock_files},
  forbidden_act{"run a program, but for the filter", EACCES, [](context) { return run_true(AT_FDCWD, "/bin/true", 0); }, second, landlock_files},
  forbidden_act{"connect by TCP, but for the filter", EACCES, [](context) { return call_loopback(SYS_connect, 9); }, second, landlock_network},
  forbidden_act{"listen by TCP, but for the filter", EACCES, [](context) { return call_loopback(SYS_bind, 0); }, second, landlock_network},
  forbidden_act{"signal the zygote, but for the filter", EPERM, [](context x) { return call(SYS_kill, x.zygote, 0); }, second, landlock_scopes},
};
// clang-format on

} // namespace

std::span<const forbidden_act> forbidden_acts() {
  return acts;
}

} // namespace convertd
