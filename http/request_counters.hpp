// Requests since the start, by the class of their status.
#pragma once

#include "http/front.hpp"

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace convertd {

/// Written and read by any thread.
class request_counters {
public:
  void add(const request_line& line) {
    ++answers_.at(static_cast<std::size_t>(line.status / 100) % answers_.size());
    bytes_ += line.bytes;
  }
  /// Answers with a status of 100 × `hundred` and up.
  std::uint64_t answers(std::size_t hundred) const {
    return answers_.at(hundred);
  }
  std::uint64_t bytes_sent() const {
    return bytes_;
  }

private:
  std::array<std::atomic<std::uint64_t>, 6> answers_{}; ///< [0]: no answer could be sent.
  std::atomic<std::uint64_t> bytes_ = 0;
};

} // namespace convertd
