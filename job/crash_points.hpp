// Named moments between two durable steps, where a test build can be told to die. Compiled out of
// what ships.
//
// CONVERTD_CRASH_AT=name:n kills the process with SIGKILL when it passes that point for the n-th
// time. CONVERTD_CRASH_LOG=path appends the name of each point that is passed, once, to that file:
// so a run can say which were reached. `scripts/torture crash-points` dies at each of them.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace convertd {

/// All there are; a name that is not among them does not compile, and a test looks for those that
/// no code passes.
inline constexpr std::array all_crash_points{
  // A job comes in: its sources, their names, its records.
  std::string_view{"accept.sources-named"},
  std::string_view{"accept.sources-synced"},
  std::string_view{"accept.folder-synced"},
  std::string_view{"accept.parent-synced"},
  std::string_view{"accept.part-committed"},
  std::string_view{"accept.committed"},
  // A file is tried.
  std::string_view{"attempt.start-committed"},
  std::string_view{"attempt.death-committed"},
  // What came of it: the output, its name, the records of file and job, the job's folder.
  std::string_view{"publish.output-named"},
  std::string_view{"publish.output-synced"},
  std::string_view{"publish.folder-synced"},
  std::string_view{"publish.parent-synced"},
  std::string_view{"publish.committed"},
  std::string_view{"publish.job-committed"},
  std::string_view{"publish.folder-moved"},
  // A file is saved.
  std::string_view{"save.file-named"},
  std::string_view{"save.file-synced"},
  std::string_view{"save.folder-synced"},
  std::string_view{"save.committed"},
  std::string_view{"save.file-moved"},
  // An event goes out.
  std::string_view{"deliver.taken-up"},
  std::string_view{"deliver.answered"},
  std::string_view{"deliver.committed"},
  std::string_view{"deliver.target-failed"},
  // The time of a job is over.
  std::string_view{"expire.bytes-doomed"},
  std::string_view{"expire.part-committed"},
  std::string_view{"expire.records-doomed"},
  std::string_view{"expire.deliveries-erased"},
  // Somebody wants a job's bytes or a file gone; the pruner's last steps are the same.
  std::string_view{"erase.bytes-doomed"},
  std::string_view{"erase.folder-removed"},
  std::string_view{"erase.removal-synced"},
  std::string_view{"erase.undoomed"},
  std::string_view{"erase.file-doomed"},
  std::string_view{"erase.saved-removed"},
  std::string_view{"erase.output-removed"},
  std::string_view{"erase.file-removed"},
  std::string_view{"erase.file-undoomed"},
  // The next start takes up what the last one left.
  std::string_view{"recover.upload-erased"},
  std::string_view{"recover.job-committed"},
  std::string_view{"recover.outputs-removed"},
  std::string_view{"recover.doomed-removed"},
  std::string_view{"recover.folder-tidied"},
  std::string_view{"recover.file-doomed-removed"},
  std::string_view{"recover.file-tidied"},
};

/// The place of a point in all_crash_points.
struct crash_place {
  std::size_t index = 0;

  // Not explicit: crash_point("…") is all that code should have to say.
  consteval crash_place(const char* name) {
    while (all_crash_points.at(index) != name)
      ++index;
  }
};

#ifdef CONVERTD_TEST_HOOKS
inline constexpr bool crash_points_compiled = true;
void crash_point(crash_place where);
#else
inline constexpr bool crash_points_compiled = false;
constexpr void crash_point(crash_place) {}
#endif

} // namespace convertd
