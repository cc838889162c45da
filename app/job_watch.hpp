// Follows a job of a running server until it has ended, and shows how far it is.
#pragma once

#include "http/api_client.hpp"

#include <cstdint>
#include <iosfwd>
#include <string>

namespace convertd {

/// On a terminal one line that is written over; else nothing but what is said with line().
class progress_line {
public:
  progress_line(std::ostream& to, bool terminal) : to_{&to}, terminal_{terminal} {}
  ~progress_line();
  progress_line(const progress_line&) = delete;
  progress_line& operator=(const progress_line&) = delete;

  void show(unsigned percent, const std::string& text);
  /// A line that stays, above the other.
  void line(const std::string& text);

private:
  void clear();

  std::ostream* to_;
  bool terminal_;
  std::string shown_;
};

struct watched_job {
  std::string status;
  std::uint64_t files = 0;
  std::uint64_t completed = 0;
  std::uint64_t failed = 0;
  std::string error;

  bool all_well() const {
    return status == "completed" && failed == 0;
  }
};

/// A connection that breaks is made again, and goes on after the last event: a restart of the
/// server is not the end. Throws unreachable after half a minute without one.
watched_job follow_job(api_client& client, const std::string& id, progress_line& progress);

/// What the API says of one file that has ended, as a line.
std::string file_line(const std::string& result_json);

} // namespace convertd
