// The one exception of this layer: a request that is answered with an error.
#pragma once

#include "job/error.hpp"

#include <exception>
#include <optional>
#include <string>
#include <utility>

namespace convertd {

/// Thrown anywhere below a handler; becomes the answer in exchange_answer.cpp, once.
class request_refused : public std::exception {
public:
  explicit request_refused(failure why) : why_{std::move(why)} {}
  explicit request_refused(ec code, std::string message = {}, std::string field = {})
    : why_{code, std::move(message), std::move(field), {}} {}
  /// With the seconds after which the client may come back, where they are known.
  request_refused(failure why, unsigned retry_after)
    : why_{std::move(why)}, retry_after_{retry_after} {}

  std::optional<unsigned> retry_after() const {
    return retry_after_;
  }
  const failure& why() const {
    return why_;
  }
  const char* what() const noexcept override {
    return "a refused request";
  }

private:
  failure why_;
  std::optional<unsigned> retry_after_;
};

} // namespace convertd
