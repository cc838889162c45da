// What the folders of files have in common: nameless files that get a name, and shards. For
// storage/ alone.
#pragma once

#include "storage/fd.hpp"

#include <filesystem>
#include <string>

namespace convertd {

owned_fd open_folder(const std::filesystem::path& path);

/// Links a nameless file; -1 and errno if that fails.
int link_nameless(int fd, int folder, const char* name);

/// The folder below which an id's files are: the last two digits, random in a version 7 UUID.
std::string shard_of(const std::string& id);

/// Makes the 256 folders of shards where they are missing.
void make_shards(const std::filesystem::path& in);

} // namespace convertd
