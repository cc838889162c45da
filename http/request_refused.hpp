// The one exception of this layer: a request that is answered with an error.
#pragma once

#include "job/error.hpp"

#include <exception>
#include <string>
#include <utility>

namespace convertd {

/// Thrown anywhere below a handler; becomes the answer in exchange_answer.cpp, once.
class request_refused : public std::exception {
public:
  explicit request_refused(failure why) : why_{std::move(why)} {}
  explicit request_refused(ec code, std::string message = {}, std::string field = {})
    : why_{code, std::move(message), std::move(field), {}} {}
  const failure& why() const {
    return why_;
  }
  const char* what() const noexcept override {
    return "a refused request";
  }

private:
  failure why_;
};

} // namespace convertd
