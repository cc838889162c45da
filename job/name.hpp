// Names of files: a client's name is data that is shown again, never a path.
#pragma once

#include "job/image_format.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_map>

namespace convertd {

/// The text with each byte that is no valid UTF-8 as U+FFFD.
std::string valid_utf8(std::string_view text);

/// The last component of what a client sent, valid UTF-8 (bad bytes become U+FFFD), without control
/// characters, at most filename_bytes_max bytes; "file" if nothing is left.
std::string clean_name(std::string_view sent);

/// Gives the outputs of one job their names: the source's base name with the target's extension;
/// equal names get " (2)", " (3)". Case matters, as it does on the client's disk.
class target_names {
public:
  std::string next(std::string_view source_name, image_format target);

private:
  std::unordered_map<std::string, std::size_t> seen_; ///< name → how often it was asked for
};

} // namespace convertd
