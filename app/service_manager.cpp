#include "app/service_manager.hpp"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <stdexcept>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace convertd {

namespace {

constexpr int first_socket = 3;
constexpr int sockets_max = 16;

/// The variable's text; nobody else sees it any more.
std::string take_variable(const char* name) {
  const char* value = std::getenv(name);
  std::string text = value != nullptr ? value : "";
  ::unsetenv(name);
  return text;
}

std::optional<std::uint64_t> number_of(const std::string& text) {
  std::uint64_t x = 0;
  auto [end, wrong] = std::from_chars(text.data(), text.data() + text.size(), x);
  if (wrong != std::errc{} || text.empty() || end != text.data() + text.size())
    return std::nullopt;
  return x;
}

/// Of a variable that names who it is for: this process, or nobody.
bool is_for_us(const std::string& pid) {
  return number_of(pid) == static_cast<std::uint64_t>(::getpid());
}

bool is_listening_socket(int fd) {
  int value = 0;
  socklen_t size = sizeof value;
  return ::getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &value, &size) == 0 && value != 0
         && ::getsockopt(fd, SOL_SOCKET, SO_TYPE, &value, &size) == 0 && value == SOCK_STREAM;
}

} // namespace

service_manager::service_manager() {
  socket_ = take_variable("NOTIFY_SOCKET");
  if (!socket_.starts_with('/') && !socket_.starts_with('@'))
    socket_.clear();
  auto pid = take_variable("LISTEN_PID");
  auto count = take_variable("LISTEN_FDS");
  ::unsetenv("LISTEN_FDNAMES");
  if (is_for_us(pid))
    sockets_ = static_cast<int>(std::min<std::uint64_t>(number_of(count).value_or(0), sockets_max));
  for (int i = 0; i < sockets_; ++i) // the zygote is to have none of them
    ::fcntl(first_socket + i, F_SETFD, FD_CLOEXEC);
  auto watched = take_variable("WATCHDOG_PID");
  auto time = take_variable("WATCHDOG_USEC");
  if (!time.empty() && (watched.empty() || is_for_us(watched)))
    watchdog_time_ = std::chrono::microseconds{number_of(time).value_or(0)};
  credentials_ = take_variable("CREDENTIALS_DIRECTORY");
}

void service_manager::tell(const std::string& lines) const {
  sockaddr_un to{};
  to.sun_family = AF_UNIX;
  if (socket_.empty() || socket_.size() >= sizeof to.sun_path)
    return;
  std::copy(socket_.begin(), socket_.end(), to.sun_path);
  if (to.sun_path[0] == '@')
    to.sun_path[0] = '\0';
  int fd = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0)
    return;
  auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + socket_.size());
  ::sendto(fd, lines.data(), lines.size(), MSG_NOSIGNAL | MSG_DONTWAIT,
           reinterpret_cast<const sockaddr*>(&to), size);
  ::close(fd);
}

std::optional<int> service_manager::http_socket() const {
  if (sockets_ == 0)
    return std::nullopt;
  if (sockets_ > 1)
    throw std::runtime_error{"socket activation: one listening socket is wanted, "
                             + std::to_string(sockets_) + " were handed over"};
  if (!is_listening_socket(first_socket))
    throw std::runtime_error{"socket activation: descriptor 3 is no listening stream socket"};
  return first_socket;
}

std::optional<std::filesystem::path> service_manager::credential(const std::string& name) const {
  auto path = std::filesystem::path{credentials_} / name;
  std::error_code failed;
  if (credentials_.empty() || !std::filesystem::exists(path, failed))
    return std::nullopt;
  return path;
}

} // namespace convertd
