// Faults on demand, for the tests and the torture runs: a source that starts with
// "CONVERTD-FAULT:crash" and the like does what it says. Not in what ships.
#pragma once

#include "imaging/imaging.hpp"

#include <optional>

namespace convertd {

#ifdef CONVERTD_TEST_HOOKS
/// A made-up header for such a source; nothing for all others.
std::optional<imaging_answer<source_header>> fault_at_probe(bytes_view source);
/// Does what the source says; what it comes back with, if it does, is the answer.
std::optional<imaging_answer<encoded_image>> fault_at_convert(bytes_view source,
                                                              image_format target);
#else
inline std::optional<imaging_answer<source_header>> fault_at_probe(bytes_view) {
  return std::nullopt;
}
inline std::optional<imaging_answer<encoded_image>> fault_at_convert(bytes_view, image_format) {
  return std::nullopt;
}
#endif

} // namespace convertd
