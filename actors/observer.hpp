// What the actors tell whoever counts and logs. They do not depend on what comes of it.
#pragma once

#include "actors/messages.hpp"
#include "job/stage_times.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace convertd {

/// One file's way through the codec pool, whatever came of it.
struct attempt_report {
  job_id job; ///< Or of the synchronous request.
  account_id account = 0;
  std::uint32_t index = 0;
  bool sync = false;
  image_format source = image_format::unknown; ///< By its header, if that could be read.
  image_format target = image_format::unknown;
  std::string_view outcome; ///< name_of() of it, or "cancelled".
  std::string_view error;   ///< Its code; empty for a success.
  std::uint64_t bytes_in = 0;
  std::uint64_t bytes_out = 0;
  std::chrono::microseconds wait{};   ///< In the queue, until a worker took it up.
  std::chrono::microseconds probe{};  ///< Its header, with the start of a process if it needed one.
  std::chrono::microseconds memory{}; ///< Until it was granted memory.
  std::chrono::microseconds work{};   ///< From the grant to the end.
  stage_times stages;                 ///< Of that, as the codec process says.
  std::chrono::microseconds store{};  ///< Of that: the output was looked at, named and synced.
};

std::string_view name_of(file_outcome::kind x);

/// Called by many threads of the actors; must neither block nor throw.
class observer {
public:
  virtual ~observer() = default;

  virtual void file_tried(const attempt_report&) {}
  /// A codec process was started.
  virtual void codec_started() {}
  /// One commit of so many requests is durable, and took so long.
  virtual void committed(std::size_t /*requests*/, std::chrono::microseconds /*time*/) {}
  // Once they are durable:
  virtual void job_accepted(const job_record&) {}
  virtual void job_ended(const job_record&) {}
  virtual void file_ended(const file_record&) {}
  /// `after` is the record as the try leaves it.
  virtual void delivery_tried(const delivery_record& /*after*/, std::chrono::microseconds) {}

  /// One that looks away.
  static observer& nobody();
};

} // namespace convertd
