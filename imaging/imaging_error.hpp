// How this folder's steps fail, and the one function where every exception ends.
#pragma once

#include "job/error.hpp"

#include <exception>
#include <string>

namespace convertd {

/// A step's own refusal. An empty sentence means the code's own.
class imaging_error : public std::exception {
public:
  /// `detail`: a number as text, see failure.
  imaging_error(ec code, std::string sentence, std::string detail = {})
    : code_{code}, sentence_{std::move(sentence)}, detail_{std::move(detail)} {}

  const char* what() const noexcept override {
    return sentence_.c_str();
  }
  ec code() const noexcept {
    return code_;
  }
  const std::string& detail() const noexcept {
    return detail_;
  }

private:
  ec code_;
  std::string sentence_;
  std::string detail_;
};

/// Call it in a catch block only: the exception that is being handled as a failure. `otherwise` is
/// the code of what says no more than that it went wrong. Library texts hold file names and source
/// lines and are not passed on.
failure failure_in_flight(ec otherwise) noexcept;

} // namespace convertd
