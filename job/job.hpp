// The records: what the store keeps of a job, and what everybody else passes around.
//
// A job is three kinds of record, so that what a finished file costs does not grow with the job:
// `job_spec` (written once), `job_record` (small, rewritten with each commit that touches the job),
// and one `file_record` for each file (rewritten when that file starts and ends).
#pragma once

#include "job/conversion.hpp"
#include "job/ids.hpp"
#include "job/job_state.hpp"
#include "job/stage_times.hpp"
#include "job/time.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace convertd {

/// Numbers are written to the store: never renumber, only append.
enum class job_type : std::uint8_t { convert = 0, compress = 1 };

std::string_view name_of(job_type x);
std::optional<job_type> parse_job_type(std::string_view name);

/// In which order an account's own work is taken; nothing of it starves. Numbers are written to the
/// store: never renumber, only append.
enum class job_priority : std::uint8_t { normal = 0, high = 1, low = 2 };

std::optional<job_priority> parse_job_priority(std::string_view name);
/// The level of turns<> that it stands for.
std::size_t level_of(job_priority x);

/// What the client asked for and what does not change any more.
struct job_spec {
  job_type type = job_type::convert;
  std::string metadata;        ///< The client's JSON object as text; empty = none.
  std::string base_url;        ///< Of the request that made the job: for URLs in later events.
  bool create_archive = false; ///< One zip of all outputs is wanted.
  job_priority priority = job_priority::normal;
  std::string request_id{};   ///< Of the request that made it: goes along with its events.
  std::string trace_parent{}; ///< The same, W3C Trace Context; empty = none.
};

/// Where a job stands. Written by the snapshotter only, on behalf of the actor that drives the job.
struct job_record {
  job_id id;
  account_id account = 0;
  job_state state = job_state::uploading;
  job_type type = job_type::convert;
  std::uint32_t files_total = 0;
  std::uint32_t files_completed = 0;
  std::uint32_t files_failed = 0;
  std::uint64_t change = 0; ///< Rises with every commit that touches the job; an event's `id:`.
  timestamp created{};      ///< The time the request was accepted.
  timestamp started{};      ///< First file sent to a codec.
  timestamp completed{};    ///< Became final.
  timestamp expires{};      ///< Sources and outputs are erased then; 0 = kept, or not final yet.
  bool erased = false;      ///< Sources and outputs are gone.
  ec error = ec::none;      ///< Why a `failed` job failed.
  std::string error_message;
  std::uint64_t source_bytes = 0;
  std::uint64_t output_bytes = 0;
  bool sources_inline = false; ///< The sources live in the store, not in the job's folder.
  std::optional<std::uint32_t> source_crc32{}; ///< Of all of them; nothing in records of before.

  std::uint32_t files_ended() const {
    return files_completed + files_failed;
  }
  friend bool operator==(const job_record&, const job_record&) = default;
};

/// What a commit has made of a job: for those who wait for it.
struct job_change {
  job_id id;
  job_state state = job_state::pending;

  friend bool operator==(const job_change&, const job_change&) = default;
};

/// What came of one file. Meaningful once the file is completed.
struct file_result {
  file_id id; ///< The API's `storedFileId`.
  std::uint64_t size = 0;
  std::uint32_t crc32 = 0; ///< Of the bytes, so that an archive's length is known beforehand.
  std::uint32_t width = 0;
  std::uint32_t height = 0;
  std::uint8_t applied_quality = 0;  ///< 0 where the format knows none.
  bool stored_inline = false;        ///< The bytes live in the store, not in the job's folder.
  bool erased = false;               ///< Its owner erased the bytes; the job keeps the rest.
  stage_times stages{};              ///< As the codec process said; zero in records of before.
  std::chrono::microseconds store{}; ///< Until the output was looked at, named and synced.

  /// Records of before say nothing of times.
  bool has_times() const {
    return store.count() > 0 || stages.sum().count() > 0;
  }

  friend bool operator==(const file_result&, const file_result&) = default;
};

/// One file of a job: source, what to do with it, how far it is.
struct file_record {
  std::uint32_t index = 0;
  std::string source_name;  ///< As the client sent it, cleaned; data, never a path.
  std::string target_name;  ///< Unique within its job.
  std::uint64_t offset = 0; ///< Of the source's bytes within the job's source file.
  std::uint64_t length = 0;
  conversion what;
  file_progress progress;
  std::string error_message; ///< Empty = the sentence of progress.error.
  std::string error_detail;  ///< A value that helps; empty = none.
  file_result result;
  std::uint64_t change = 0; ///< The job's change number at which this file ended.
  timestamp started{};      ///< Its last attempt began; 0 = none did, or a record of before.

  friend bool operator==(const file_record&, const file_record&) = default;
};

/// 0..100; never falls while files end, 100 only for a final job.
int progress_percent(const job_record& x);

/// The sentence about a file that failed: its own, or that of its error.
std::string_view error_text(const file_record& file);

/// The file as its job's end left it: one that had not ended when its job was cancelled is
/// cancelled too, without its record being written again.
file_record as_shown(const job_record& job, file_record file);

/// The record of a job whose upload is whole: it is pending from now on.
job_record as_accepted(job_record uploaded);

/// Counts a file that has ended into its job.
void count_ended(job_record& job, const file_record& file);

/// Moves a job whose files have all ended to its final state, with `expires` by `retention`
/// (0 = for ever). Nothing happens while files are open.
void settle_if_done(job_record& job, timestamp now, milliseconds retention);

/// When something of the job is to be erased next: its sources and outputs at `expires`, and, once
/// they are gone, its records after as long again. Zero = nothing is.
timestamp next_due(const job_record& job);

/// What a job that is cancelled becomes; nothing if its state does not allow it.
std::optional<job_record> cancel(const job_record& job, bool force, timestamp now,
                                 milliseconds retention);

} // namespace convertd
