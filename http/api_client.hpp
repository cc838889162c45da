// The other end of the API: what the command line asks a running server. One request at a time.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace convertd {

/// No answer came: there is no such server, or the connection broke.
class unreachable : public std::runtime_error {
public:
  using std::runtime_error::runtime_error;
};

struct api_answer {
  int status = 0;
  std::string body;

  bool ok() const {
    return status >= 200 && status < 300;
  }
};

/// The parts of a multipart form; files are read while they are sent.
struct api_form {
  std::vector<std::pair<std::string, std::string>> fields;
  std::vector<std::filesystem::path> files;
};

/// One event of a stream.
struct api_event {
  std::string id;
  std::string name;
  std::string data;
};

class api_client {
public:
  /// `server` is "http://host:port" or https, without a path. Throws std::invalid_argument for
  /// anything else. An empty key is not sent.
  api_client(std::string server, std::string key);
  ~api_client();
  api_client(api_client&&) noexcept;

  // Each throws unreachable.
  api_answer get(const std::string& path);
  api_answer erase(const std::string& path); ///< DELETE
  api_answer post(const std::string& path);  ///< Without a body.
  /// Calls `sent` with the bytes of the body that are gone. Throws std::system_error for a file
  /// that cannot be read to its end.
  api_answer post(const std::string& path, const api_form& form,
                  const std::function<void(std::uint64_t sent, std::uint64_t of)>& sent);

  /// Gives each event to `take` until that says false or the stream ends. With a status that is no
  /// success there are none.
  api_answer events(const std::string& path, const std::string& after,
                    const std::function<bool(const api_event&)>& take);

  /// Gives the bytes behind a URL, which need not be of this server, to `take`; no key is sent.
  static api_answer fetch(const std::string& url,
                          const std::function<void(std::string_view)>& take);

  const std::string& server() const;

private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

} // namespace convertd
