// What systemd, or whoever starts the server in its place, gives and wants to be told: the
// protocols of sd_notify(3), sd_listen_fds(3), sd_watchdog_enabled(3) and credentials. Without it
// nothing happens.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>

namespace convertd {

class service_manager {
public:
  /// Reads the environment and takes out of it what is ours alone. Before the first thread.
  service_manager();

  bool listens() const {
    return !socket_.empty();
  }

  /// Sends "NAME=value" lines. Never waits, never fails: nothing depends on who listens. Any
  /// thread.
  void tell(const std::string& lines) const;

  /// A socket that listens already, for HTTP; closed at exec. Throws std::runtime_error if what was
  /// handed over is no such socket.
  std::optional<int> http_socket() const;

  /// Within this time a WATCHDOG=1 must follow the last; zero: nobody waits for one.
  std::chrono::microseconds watchdog_time() const {
    return watchdog_time_;
  }

  /// The file of a credential (LoadCredential=), if it was given.
  std::optional<std::filesystem::path> credential(const std::string& name) const;

private:
  std::string socket_; ///< A path, or '@' and an abstract name; empty = none.
  int sockets_ = 0;    ///< Descriptors from 3 on.
  std::chrono::microseconds watchdog_time_{};
  std::string credentials_;
};

} // namespace convertd
