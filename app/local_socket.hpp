// Unix stream sockets for the control socket: both ends, with a deadline on everything.
#pragma once

#include "storage/fd.hpp"

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>

namespace convertd {

using deadline = std::chrono::steady_clock::time_point;

/// A listening socket at `path`, mode 0600, in place of one that an earlier process left. The path
/// may be longer than a socket's address. Throws std::system_error.
owned_fd listen_at(const std::filesystem::path& path);

/// A connection to `path`; an empty one if nobody listens there. Throws std::system_error for
/// anything else, such as a missing right.
owned_fd connect_to(const std::filesystem::path& path);

/// Waits until `fd` can be read (or written); false when the deadline has come, or `stop` (a
/// descriptor, -1 = none) can be read.
bool wait_until_ready(int fd, short events, int stop, deadline until);

/// One line without its end; nothing if the peer closes before the end of a line, the line is
/// longer than `max`, or wait_until_ready() says no.
std::optional<std::string> read_line(int fd, std::size_t max, int stop, deadline until);

/// False if not all of it could be sent.
bool send_line(int fd, const std::string& line, int stop, deadline until);

} // namespace convertd
