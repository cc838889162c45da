#include "storage/nameless.hpp"

#include <fcntl.h>
#include <unistd.h>

namespace convertd {

owned_fd open_folder(const std::filesystem::path& path) {
  return owned_fd{checked(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC),
                          "open a folder of the data directory")};
}

/// The /proc path is the way that needs no privilege (open(2), O_TMPFILE).
int link_nameless(int fd, int folder, const char* name) {
  auto from = "/proc/self/fd/" + std::to_string(fd);
  return ::linkat(AT_FDCWD, from.c_str(), folder, name, AT_SYMLINK_FOLLOW);
}

std::string shard_of(const std::string& id) {
  return id.substr(34);
}

void make_shards(const std::filesystem::path& in) {
  constexpr const char* digits = "0123456789abcdef";
  for (unsigned shard = 0; shard < 256; ++shard)
    std::filesystem::create_directories(in / std::string{digits[shard >> 4], digits[shard & 0xF]});
}

} // namespace convertd
