#include "app/local_socket.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

namespace convertd {

namespace {

/// The address of a socket by way of its folder's descriptor: sun_path holds 107 bytes only.
class socket_address {
public:
  explicit socket_address(const std::filesystem::path& path)
    : folder_{checked(open(path.parent_path().c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC),
                      "open the folder of the control socket")} {
    address_.sun_family = AF_UNIX;
    auto name = "/proc/self/fd/" + std::to_string(folder_.get()) + "/" + path.filename().string();
    std::strncpy(address_.sun_path, name.c_str(), sizeof address_.sun_path - 1);
  }

  const sockaddr* get() const {
    return reinterpret_cast<const sockaddr*>(&address_);
  }

private:
  owned_fd folder_;
  sockaddr_un address_{};
};

owned_fd new_socket() {
  return owned_fd{checked(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0),
                          "make the control socket")};
}

} // namespace

owned_fd listen_at(const std::filesystem::path& path) {
  auto result = new_socket();
  socket_address address{path};
  unlink(path.c_str());
  checked(fchmod(result.get(), file_mode),
          "close the control socket to others"); // before it has a name
  checked(bind(result.get(), address.get(), sizeof(sockaddr_un)), "name the control socket");
  checked(listen(result.get(), 16), "listen at the control socket");
  return result;
}

owned_fd connect_to(const std::filesystem::path& path) {
  struct stat found {};
  if (lstat(path.c_str(), &found) != 0 && (errno == ENOENT || errno == ENOTDIR))
    return {};
  auto result = new_socket();
  socket_address address{path};
  if (connect(result.get(), address.get(), sizeof(sockaddr_un)) == 0)
    return result;
  if (errno == ENOENT || errno == ECONNREFUSED)
    return {};
  throw_errno("connect to the control socket " + path.string());
}

bool wait_until_ready(int fd, short events, int stop, deadline until) {
  using std::chrono::milliseconds;
  while (true) {
    auto left = std::chrono::ceil<milliseconds>(until - std::chrono::steady_clock::now()).count();
    if (left <= 0)
      return false;
    std::array<pollfd, 2> wanted{{{fd, events, 0}, {stop, POLLIN, 0}}};
    auto count = poll(wanted.data(), wanted.size(), static_cast<int>(std::min(left, 3'600'000l)));
    if (count < 0 && errno != EINTR)
      return false;
    if (count > 0)
      return wanted[1].revents == 0 && wanted[0].revents != 0;
  }
}

std::optional<std::string> read_line(int fd, std::size_t max, int stop, deadline until) {
  std::string result;
  std::array<char, 4096> piece{};
  while (wait_until_ready(fd, POLLIN, stop, until)) {
    auto size = read(fd, piece.data(), piece.size());
    if (size < 0 && (errno == EINTR || errno == EAGAIN))
      continue;
    if (size <= 0)
      return std::nullopt;
    result.append(piece.data(), static_cast<std::size_t>(size));
    auto end = result.find('\n');
    if (std::min(end, result.size()) >= max)
      return std::nullopt;
    if (end != std::string::npos)
      return result.substr(0, end);
  }
  return std::nullopt;
}

bool send_line(int fd, const std::string& line, int stop, deadline until) {
  auto text = line + "\n";
  std::size_t sent = 0;
  while (sent < text.size() && wait_until_ready(fd, POLLOUT, stop, until)) {
    auto size = send(fd, text.data() + sent, text.size() - sent, MSG_NOSIGNAL);
    if (size < 0 && (errno == EINTR || errno == EAGAIN))
      continue;
    if (size < 0)
      return false;
    sent += static_cast<std::size_t>(size);
  }
  return sent == text.size();
}

} // namespace convertd
