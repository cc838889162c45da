#include "storage/saved_files.hpp"

#include "job/crash_points.hpp"
#include "storage/nameless.hpp"

#include <cerrno>
#include <fcntl.h>
#include <system_error>
#include <unistd.h>

namespace convertd {

namespace {

namespace fs = std::filesystem;

} // namespace

saved_files::saved_files(const fs::path& data_directory,
                         std::function<void(const std::string&)> sync_failed)
  : sync_failed_{std::move(sync_failed)}, root_{data_directory / "files"} {
  fs::create_directories(root_ / "new");
  make_shards(root_);
  new_fd_ = open_folder(root_ / "new");
  sync(open_folder(root_).get(), "sync the folder of saved files");
  sync(open_folder(data_directory).get(), "sync the data directory");
}

void saved_files::sync(int fd, const char* what) const {
  sync_file(fd, what, sync_failed_);
}

fs::path saved_files::settled(file_id id) const {
  return root_ / shard_of(to_text(id)) / to_text(id);
}

void saved_files::keep(file_id id, int fd) const {
  checked(link_nameless(fd, new_fd_.get(), to_text(id).c_str()), "name a saved file");
  crash_point("save.file-named");
  sync(fd, "sync a saved file");
  crash_point("save.file-synced");
}

void saved_files::sync_new() const {
  sync(new_fd_.get(), "sync the folder of new saved files");
  crash_point("save.folder-synced");
}

void saved_files::settle(file_id id) const {
  auto from = root_ / "new" / to_text(id);
  if (::rename(from.c_str(), settled(id).c_str()) == 0)
    crash_point("save.file-moved");
  else if (errno != ENOENT)
    throw_errno("move a saved file");
}

std::optional<owned_fd> saved_files::open(file_id id) const {
  // It may be settled between the first look and the second.
  auto fresh = root_ / "new" / to_text(id);
  for (const auto& path : {settled(id), fresh, settled(id)}) {
    owned_fd fd{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW)};
    if (fd)
      return fd;
    if (errno != ENOENT)
      throw_errno("open a saved file");
  }
  return std::nullopt;
}

void saved_files::remove(file_id id) const {
  for (const auto& path : {root_ / "new" / to_text(id), settled(id)})
    if (fs::remove(path)) {
      crash_point("erase.saved-removed");
      sync(open_folder(path.parent_path()).get(), "sync a folder after a removal");
    }
}

std::vector<file_id> saved_files::unsettled() const {
  std::vector<file_id> result;
  for (const auto& entry : fs::directory_iterator{root_ / "new"})
    if (auto id = parse_id<file_id>(entry.path().filename().string()))
      result.push_back(*id);
  return result;
}

} // namespace convertd
