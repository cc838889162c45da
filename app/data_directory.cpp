#include "app/data_directory.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <grp.h>
#include <string>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace convertd {

namespace {

[[noreturn]] void refuse(const std::filesystem::path& path, const std::string& why) {
  throw data_directory_error{"The data directory " + path.string() + " " + why};
}

std::string because() {
  return std::string{": "} + std::strerror(errno) + ".";
}

void make_if_missing(const std::filesystem::path& path) {
  std::error_code failed;
  if (auto parent = std::filesystem::absolute(path).parent_path(); !parent.empty())
    std::filesystem::create_directories(parent, failed);
  if (mkdir(path.c_str(), folder_mode) != 0 && errno != EEXIST)
    refuse(path, "cannot be made" + because());
}

void check_folder(const std::filesystem::path& path) {
  struct stat found {};
  if (stat(path.c_str(), &found) != 0)
    refuse(path, "cannot be looked at" + because());
  if (!S_ISDIR(found.st_mode))
    refuse(path, "is not a directory.");
  if ((found.st_mode & 0077) != 0)
    refuse(path, "is open to other users, and keys and customers' images lie in it. Close it with: "
                 "chmod 700 "
                   + path.string());
  if (access(path.c_str(), R_OK | W_OK | X_OK) != 0)
    refuse(path, "is not writable for this user" + because());
}

/// Uploads and outputs are written to files without a name.
void check_nameless(const std::filesystem::path& path) {
  owned_fd file{open(path.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, file_mode)};
  if (file)
    return;
  if (errno == EOPNOTSUPP || errno == EISDIR || errno == ENOENT)
    refuse(path,
           "is on a file system without O_TMPFILE, which convertd needs; ext4, xfs, btrfs and "
           "tmpfs have it.");
  refuse(path, "is not writable" + because());
}

std::string pid_in(int fd) {
  std::array<char, 16> text{};
  auto size = pread(fd, text.data(), text.size() - 1, 0);
  std::string result{text.data(), size > 0 ? static_cast<std::size_t>(size) : 0};
  return result.substr(0, result.find('\n'));
}

owned_fd take_lock(const std::filesystem::path& path) {
  auto file = path / "lock";
  owned_fd lock{open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, file_mode)};
  if (!lock)
    refuse(path, "cannot be locked" + because());
  if (flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
    auto pid = pid_in(lock.get());
    throw data_directory_in_use{"The data directory " + path.string() + " is already in use by "
                                + (pid.empty() ? "another process" : "pid " + pid) + "."};
  }
  auto text = std::to_string(getpid()) + "\n";
  if (ftruncate(lock.get(), 0) != 0
      || pwrite(lock.get(), text.data(), text.size(), 0) != static_cast<ssize_t>(text.size()))
    refuse(path, "is not writable" + because());
  return lock;
}

} // namespace

data_directory::data_directory(std::filesystem::path path) : path_{std::move(path)} {
  make_if_missing(path_);
  check_folder(path_);
  lock_ = take_lock(path_);
  check_nameless(path_);
}

std::filesystem::path control_socket(const std::filesystem::path& data) {
  return data / "control.sock";
}

void become_owner_of(const std::filesystem::path& data) {
  struct stat found {};
  if (geteuid() != 0 || stat(data.c_str(), &found) != 0 || found.st_uid == 0)
    return;
  if (setgroups(0, nullptr) != 0 || setgid(found.st_gid) != 0 || setuid(found.st_uid) != 0)
    refuse(data, "belongs to another user, whom root cannot become" + because());
}

} // namespace convertd
