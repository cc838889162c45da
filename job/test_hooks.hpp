// Faults on purpose, for the torture runs. Compiled out of what ships.
#pragma once

#include <cstdlib>
#include <string_view>

namespace convertd {

/// True in a test build when the environment's CONVERTD_FAULT names `fault`; else always false.
///
///   ack-before-commit    the answer to a new job leaves before its commit
///   record-before-bytes  an output's record is committed before its bytes have a name
///   changes-in-memory    events are numbered in memory and not by what is stored
///   first-come           files are converted as they come: no lanes, no turns, no spare worker
///   event-after-commit   an event is written after the transaction of what it reports
///   no-sync              nothing that is written is synced
///   no-directory-sync    files are synced, their names are not
///   ignore-sync-error    a sync that failed counts as one that did not
///   first-death-final    a file fails with the first death of its decoder
///   ignore-orientation   images are not turned, whatever their EXIF says
///   unchecked-store      the store is opened without a look at it
///   unlocked-codec       codec processes are not locked
///   codec-without-filter, codec-without-landlock   they are, but for one of the two walls
#ifdef CONVERTD_TEST_HOOKS
inline bool fault_wanted(std::string_view fault) {
  const char* wanted = std::getenv("CONVERTD_FAULT");
  return wanted != nullptr && fault == wanted;
}
#else
constexpr bool fault_wanted(std::string_view) {
  return false;
}
#endif

} // namespace convertd
