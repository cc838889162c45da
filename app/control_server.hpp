// The running server's ear for its own command line.
#pragma once

#include "app/admin.hpp"
#include "app/local_socket.hpp"

#include <filesystem>
#include <thread>

namespace convertd {

/// Serves the socket at `path` (control_socket() of the data directory) with one thread, one
/// request after the other; each has control_time_max from its first byte to the last of the
/// answer. Who may connect is decided by the file's mode (0600) and the folder's (0700). The thread
/// takes no signals.
class control_server {
public:
  /// `records` must outlive it. Throws std::system_error if the socket cannot be made.
  control_server(const std::filesystem::path& path, const store& records, executor run);
  /// Ends the thread, whatever a client is doing, and removes the socket.
  ~control_server();
  control_server(const control_server&) = delete;
  control_server& operator=(const control_server&) = delete;

private:
  void serve() const;
  void answer(int connection) const;

  std::filesystem::path path_;
  const store* records_;
  executor run_;
  owned_fd stop_;
  owned_fd socket_;
  std::thread thread_;
};

inline constexpr std::chrono::seconds control_time_max{5};

} // namespace convertd
