#include "storage/job_files.hpp"

#include "job/crash_points.hpp"
#include "storage/nameless.hpp"

#include <cerrno>
#include <charconv>
#include <fcntl.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

namespace convertd {

namespace {

namespace fs = std::filesystem;

constexpr const char* source_name = "source";

} // namespace

job_files::job_files(const fs::path& data_directory,
                     std::function<void(const std::string&)> sync_failed)
  : sync_failed_{std::move(sync_failed)},
    live_{data_directory / "live"},
    kept_{data_directory / "kept"} {
  fs::create_directories(live_);
  make_shards(kept_);
  root_fd_ = open_folder(data_directory);
  live_fd_ = open_folder(live_);
  sync(open_folder(kept_).get(), "sync the folder of kept jobs");
  sync(root_fd_.get(), "sync the data directory");
}

void job_files::sync(int fd, const char* what) const {
  sync_file(fd, what, sync_failed_);
}

owned_fd job_files::nameless() const {
  return owned_fd{checked(::openat(root_fd_.get(), ".", O_TMPFILE | O_RDWR | O_CLOEXEC, file_mode),
                          "create a file")};
}

void job_files::keep_source(job_id job, int fd) const {
  auto folder = live_ / to_text(job);
  if (::mkdir(folder.c_str(), folder_mode) != 0 && errno != EEXIST)
    throw_errno("create a job's folder");
  auto folder_fd = open_folder(folder);
  checked(link_nameless(fd, folder_fd.get(), source_name), "name the sources of a job");
  crash_point("accept.sources-named");
  sync(fd, "sync the sources of a job");
  crash_point("accept.sources-synced");
  sync(folder_fd.get(), "sync a job's folder");
  crash_point("accept.folder-synced");
}

void job_files::keep_output(job_id job, std::uint32_t index, int fd) const {
  auto folder = live_ / to_text(job);
  if (::mkdir(folder.c_str(), folder_mode) != 0 && errno != EEXIST)
    throw_errno("create a job's folder");
  auto folder_fd = open_folder(folder);
  auto name = std::to_string(index);
  if (::unlinkat(folder_fd.get(), name.c_str(), 0) != 0 && errno != ENOENT)
    throw_errno("remove an earlier output");
  checked(link_nameless(fd, folder_fd.get(), name.c_str()), "name an output");
  crash_point("publish.output-named");
  sync(fd, "sync an output");
  crash_point("publish.output-synced");
}

void job_files::sync_folder(job_id job) const {
  sync(open_folder(live_ / to_text(job)).get(), "sync a job's folder");
}

void job_files::sync_live() const {
  sync(live_fd_.get(), "sync the folder of live jobs");
}

std::optional<owned_fd> job_files::open_source(job_id job) const {
  return open_file(job, source_name);
}

std::optional<owned_fd> job_files::open_output(job_id job, std::uint32_t index) const {
  return open_file(job, std::to_string(index));
}

std::optional<owned_fd> job_files::open_file(job_id job, const std::string& name) const {
  // A job may become final, and its folder move, between the first look and the second.
  auto id = to_text(job);
  for (const auto& folder : {live_ / id, kept_ / shard_of(id) / id, live_ / id}) {
    owned_fd fd{::open((folder / name).c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW)};
    if (fd)
      return fd;
    if (errno != ENOENT)
      throw_errno("open a job's file");
  }
  return std::nullopt;
}

void job_files::remove_output(job_id job, std::uint32_t index) const {
  auto id = to_text(job);
  for (const auto& folder : {live_ / id, kept_ / shard_of(id) / id})
    if (::unlink((folder / std::to_string(index)).c_str()) == 0)
      crash_point("erase.output-removed");
    else if (errno != ENOENT)
      throw_errno("remove an output");
}

void job_files::settle(job_id job) const {
  auto id = to_text(job);
  auto from = live_ / id;
  auto to = kept_ / shard_of(id) / id;
  if (::rename(from.c_str(), to.c_str()) == 0)
    return crash_point("publish.folder-moved");
  if (errno == ENOENT)
    return;
  if (errno != ENOTEMPTY && errno != EEXIST)
    throw_errno("move the folder of a job that is final");
  // It was moved before and something named a file since: what is kept already wins.
  for (const auto& entry : fs::directory_iterator{from})
    if (!fs::exists(to / entry.path().filename()))
      fs::rename(entry.path(), to / entry.path().filename());
  fs::remove_all(from);
}

void job_files::remove(job_id job) const {
  auto id = to_text(job);
  remove_from(live_, id);
  remove_from(kept_ / shard_of(id), id);
}

void job_files::remove_from(const fs::path& parent, const std::string& name) const {
  if (fs::remove_all(parent / name) == 0)
    return;
  crash_point("erase.folder-removed");
  sync(open_folder(parent).get(), "sync a folder after a removal");
}

std::vector<job_id> job_files::live_folders() const {
  std::vector<job_id> result;
  for (const auto& entry : fs::directory_iterator{live_})
    if (auto id = parse_id<job_id>(entry.path().filename().string()))
      result.push_back(*id);
  return result;
}

std::vector<std::uint32_t> job_files::live_outputs(job_id job) const {
  std::vector<std::uint32_t> result;
  std::error_code trouble;
  fs::directory_iterator entries{live_ / to_text(job), trouble};
  if (trouble && trouble != std::errc::no_such_file_or_directory)
    throw std::system_error{trouble, "list a job's folder"};
  for (const auto& entry : entries) {
    auto name = entry.path().filename().string();
    std::uint32_t index = 0;
    auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), index);
    if (error == std::errc{} && end == name.data() + name.size())
      result.push_back(index);
  }
  return result;
}

void job_files::remove_unrecorded(job_id job,
                                  const std::unordered_set<std::uint32_t>& recorded) const {
  for (auto index : live_outputs(job))
    if (recorded.find(index) == recorded.end()) {
      remove_output(job, index);
      crash_point("recover.outputs-removed");
    }
}

} // namespace convertd
