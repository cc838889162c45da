// What happens when an actor that everything depends on throws.
#pragma once

#include <caf/error.hpp>
#include <caf/sec.hpp>

#include <exception>
#include <functional>
#include <string>

namespace convertd {

/// Ends the process, saying why; tests may let it return.
using fatal_function = std::function<void(const std::string&)>;

/// An exception in this actor is a bug, or a machine in trouble. Going on without the actor would
/// leave a server that takes requests and answers none, so the process ends and starts anew.
template <class Self>
void die_on_exception(Self* self, fatal_function fatal) {
  self->set_exception_handler([self, fatal = std::move(fatal)](std::exception_ptr& thrown) {
    auto what = std::string{self->name()} + " failed";
    try {
      std::rethrow_exception(thrown);
    } catch (const std::exception& error) {
      what += std::string{": "} + error.what();
    } catch (...) {
      what += " with something that is no exception";
    }
    if (fatal)
      fatal(what);
    return caf::make_error(caf::sec::runtime_error);
  });
}

} // namespace convertd
