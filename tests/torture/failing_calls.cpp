// For LD_PRELOAD into a server: system calls on one folder fail when they are told to, and what
// reaches the disk is recorded. Tests only.
//
//   FAILING_UNDER  the folder; calls on anything else go through and are not counted
//   FAILING_ARMED  a path: nothing fails or is counted before that file exists
//   FAILING_CALL   NAME:N:ERROR, such as fsync:3:EIO: the N-th call fails, and with …
//   FAILING_WHILE  a path: so do all later ones as long as that file exists
//   FAILING_SEEN   a path: gets one line when the first call fails, with the time (CLOCK_MONOTONIC)
//   FAILING_RECORD a path: gets a line for each call that succeeds: its name and its file
//
// NAME is fsync, fdatasync, write, pwrite, rename, link, open, unlink or mkdir; each stands for its
// relatives too (writev, openat, …). Only the process that is started with it is meant: what that
// starts is left alone.
#include <array>
#include <atomic>
#include <cerrno>
#include <climits>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <dlfcn.h>
#include <fcntl.h>
#include <string>
#include <string_view>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

namespace {

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : "";
}

int error_of(std::string_view name) {
  return name == "EIO" ? EIO : name == "ENOSPC" ? ENOSPC : name == "EMFILE" ? EMFILE : 0;
}

struct plan {
  std::string under = variable("FAILING_UNDER");
  std::string call;
  unsigned long number = 0;
  int error = 0;
  std::string armed = variable("FAILING_ARMED");
  std::string as_long_as = variable("FAILING_WHILE");
  std::string seen = variable("FAILING_SEEN");
  int record = -1;

  plan() {
    auto text = variable("FAILING_CALL");
    auto first = text.find(':');
    auto second = text.find(':', first + 1);
    if (second != std::string::npos) {
      call = text.substr(0, first);
      number = std::strtoul(text.c_str() + first + 1, nullptr, 10);
      error = error_of(std::string_view{text}.substr(second + 1));
    }
    if (auto path = variable("FAILING_RECORD"); !path.empty())
      record = static_cast<int>(::syscall(SYS_openat, AT_FDCWD, path.c_str(),
                                          O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
    ::unsetenv("LD_PRELOAD");
  }
};

const plan& planned() {
  static const plan it;
  return it;
}

[[gnu::constructor]] void begin() {
  planned();
}

std::string path_of(int fd) {
  auto link = "/proc/self/fd/" + std::to_string(fd);
  std::array<char, PATH_MAX> text{};
  auto size = ::readlink(link.c_str(), text.data(), text.size());
  return size > 0 ? std::string{text.data(), static_cast<std::size_t>(size)} : std::string{};
}

std::string path_of(int folder, const char* name) {
  if (name[0] == '/')
    return name;
  return (folder == AT_FDCWD ? std::string{"."} : path_of(folder)) + "/" + name;
}

void tell_the_time() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  std::array<char, 64> line{};
  auto size = std::snprintf(line.data(), line.size(), "%lld.%09ld\n",
                            static_cast<long long>(now.tv_sec), now.tv_nsec);
  auto fd = static_cast<int>(::syscall(SYS_openat, AT_FDCWD, planned().seen.c_str(),
                                       O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (fd < 0)
    return; // not the first
  ::syscall(SYS_write, fd, line.data(), static_cast<std::size_t>(size));
  ::close(fd);
}

bool exists(const std::string& path) {
  return ::access(path.c_str(), F_OK) == 0;
}

bool fails(std::string_view call, const std::string& path) {
  static std::atomic<unsigned long> calls{0};
  const auto& x = planned();
  if (x.error == 0 || call != x.call || !path.starts_with(x.under)
      || (!x.armed.empty() && !exists(x.armed)))
    return false;
  auto number = ++calls;
  auto wanted =
    number == x.number || (number > x.number && !x.as_long_as.empty() && exists(x.as_long_as));
  if (wanted && !x.seen.empty())
    tell_the_time();
  if (wanted)
    errno = x.error;
  return wanted;
}

void record(std::string_view call, const std::string& path) {
  if (planned().record < 0 || !path.starts_with(planned().under))
    return;
  auto line = std::string{call} + " " + path + "\n";
  ::syscall(SYS_write, planned().record, line.data(), line.size());
}

template <class T>
T next(const char* name) {
  return reinterpret_cast<T>(::dlsym(RTLD_NEXT, name));
}

/// The call itself, unless it is to fail; `go` does it.
template <class Go>
auto one(std::string_view call, const std::string& path, Go go) -> decltype(go()) {
  if (fails(call, path))
    return -1;
  auto result = go();
  if (auto error = errno; result >= 0) {
    record(call, path);
    errno = error;
  }
  return result;
}

} // namespace

// One definition for each name that the libraries call.
#define NEXT(name) static auto real = next<decltype(&::name)>(#name)

extern "C" { // bytes

int fsync(int fd) {
  NEXT(fsync);
  return one("fsync", path_of(fd), [&] { return real(fd); });
}

int fdatasync(int fd) {
  NEXT(fdatasync);
  return one("fdatasync", path_of(fd), [&] { return real(fd); });
}

ssize_t write(int fd, const void* bytes, size_t size) {
  NEXT(write);
  return one("write", path_of(fd), [&] { return real(fd, bytes, size); });
}

ssize_t writev(int fd, const iovec* parts, int count) {
  NEXT(writev);
  return one("write", path_of(fd), [&] { return real(fd, parts, count); });
}

ssize_t pwrite(int fd, const void* bytes, size_t size, off_t at) {
  NEXT(pwrite);
  return one("pwrite", path_of(fd), [&] { return real(fd, bytes, size, at); });
}

ssize_t pwrite64(int fd, const void* bytes, size_t size, off64_t at) {
  NEXT(pwrite64);
  return one("pwrite", path_of(fd), [&] { return real(fd, bytes, size, at); });
}

ssize_t pwritev(int fd, const iovec* parts, int count, off_t at) {
  NEXT(pwritev);
  return one("pwrite", path_of(fd), [&] { return real(fd, parts, count, at); });
}

ssize_t pwritev64(int fd, const iovec* parts, int count, off64_t at) {
  NEXT(pwritev64);
  return one("pwrite", path_of(fd), [&] { return real(fd, parts, count, at); });
}

} // extern "C"

extern "C" { // names

int rename(const char* from, const char* to) noexcept {
  NEXT(rename);
  return one("rename", path_of(AT_FDCWD, to), [&] { return real(from, to); });
}

int linkat(int from_folder, const char* from, int folder, const char* name, int flags) noexcept {
  NEXT(linkat);
  return one("link", path_of(folder, name),
             [&] { return real(from_folder, from, folder, name, flags); });
}

int unlink(const char* path) noexcept {
  NEXT(unlink);
  return one("unlink", path_of(AT_FDCWD, path), [&] { return real(path); });
}

int unlinkat(int folder, const char* name, int flags) noexcept {
  NEXT(unlinkat);
  return one("unlink", path_of(folder, name), [&] { return real(folder, name, flags); });
}

int mkdir(const char* path, mode_t mode) noexcept {
  NEXT(mkdir);
  return one("mkdir", path_of(AT_FDCWD, path), [&] { return real(path, mode); });
}

} // extern "C"

extern "C" { // files that are opened

int open(const char* path, int flags, ...) {
  NEXT(open);
  va_list more;
  va_start(more, flags);
  auto mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(more, mode_t) : 0;
  va_end(more);
  return one("open", path_of(AT_FDCWD, path), [&] { return real(path, flags, mode); });
}

int open64(const char* path, int flags, ...) {
  NEXT(open64);
  va_list more;
  va_start(more, flags);
  auto mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(more, mode_t) : 0;
  va_end(more);
  return one("open", path_of(AT_FDCWD, path), [&] { return real(path, flags, mode); });
}

int openat(int folder, const char* name, int flags, ...) {
  NEXT(openat);
  va_list more;
  va_start(more, flags);
  auto mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(more, mode_t) : 0;
  va_end(more);
  return one("open", path_of(folder, name), [&] { return real(folder, name, flags, mode); });
}

int openat64(int folder, const char* name, int flags, ...) {
  NEXT(openat64);
  va_list more;
  va_start(more, flags);
  auto mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(more, mode_t) : 0;
  va_end(more);
  return one("open", path_of(folder, name), [&] { return real(folder, name, flags, mode); });
}

} // extern "C"
