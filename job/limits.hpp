// The server's own limits, api.md section 8: a name, a unit and a reason for each bound.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace convertd {

inline constexpr std::uint64_t kib = 1024;
inline constexpr std::uint64_t mib = 1024 * kib;
inline constexpr std::uint64_t gib = 1024 * mib;

/// What one image may cost. The defaults of settings; the numbers in force travel with each task.
struct image_limits {
  std::uint64_t frame_pixels_max = 50'000'000;  ///< Of one frame, by its header.
  std::uint32_t frames_max = 300;               ///< Of one file.
  std::uint64_t total_pixels_max = 200'000'000; ///< Over all frames that are decoded.
  std::uint32_t output_side_max = 16'383;       ///< WebP's own bound; the same for every format.
  std::chrono::milliseconds time_max{30'000};   ///< From the grant to the answer.
  std::uint64_t output_bytes_max = 512 * mib;   ///< RLIMIT_FSIZE of a codec process.
};

/// Address space that a codec process has before it sees an image: program, coders, buffers.
inline constexpr std::uint64_t codec_memory_base = 256 * mib;
/// And on top, for each pixel that its header says: two frames of 8 bytes and change.
inline constexpr std::uint64_t codec_memory_per_pixel = 20;

constexpr std::uint64_t codec_memory(std::uint64_t pixels) {
  return codec_memory_base + codec_memory_per_pixel * pixels;
}

/// What a process that may use so much address space adds to the machine's memory when it fills its
/// buffers: what the sum over all processes is bounded by. Of the base little is ever touched.
constexpr std::uint64_t codec_working_set(std::uint64_t address_space) {
  return address_space - codec_memory_base + 48 * mib;
}

/// A file whose decoder died this often by itself is given up: `decoder_crashed` (or its limit's
/// name).
inline constexpr std::uint8_t crashes_max = 2;
/// A file during whose work the server, the zygote or the machine died this often: `interrupted`.
inline constexpr std::uint8_t interruptions_max = 10;

/// An upload of at most this many bytes in all lives in the store itself, not in a file of its own;
/// so does an output. Above it a file costs less than the pages it would take.
inline constexpr std::uint64_t inline_bytes_max = 64 * kib;

/// A commit of the store takes at most this much; larger jobs are written in several, the last of
/// which makes them jobs.
inline constexpr std::uint64_t commit_bytes_max = 4 * mib;

/// So long a file's result in the middle of a job waits for others to share its commit; what ends
/// or makes a job waits for the distance below at most. A commit of one small result costs the
/// processor as much as half its conversion.
inline constexpr std::chrono::milliseconds commit_patience{4};
/// From the beginning of one commit to that of the next at least so much for each request of the
/// first that could not wait, and at most the second, and the third times what the first took. From
/// about 500 small jobs a second on commits are of ever more requests.
inline constexpr std::chrono::milliseconds commit_spacing_of_request{1};
inline constexpr std::chrono::milliseconds commit_spacing_max{8};
inline constexpr int commit_spacing_of_commit = 4;

/// Files of one job that are at the codecs or on their way there. Keeps the memory of a job of
/// 100,000 files at that of a job of a few; what ends together is saved in one commit.
inline constexpr std::size_t files_in_flight_max = 16;

/// Files of synchronous requests that are taken up in a row while files of jobs wait: then one of
/// those has its turn, so that jobs get an eighth of all starts whatever is asked meanwhile.
inline constexpr std::uint32_t ahead_in_a_row_max = 7;

/// What a file costs its account's turn at least: the smallest is a whole turn, no more and no
/// less, so that whoever comes with one file is next, behind one of each other account that waits.
inline constexpr std::uint64_t turn_cost_of_file = 1 * mib;

/// A synchronous request is answered within this time of its last byte, one way or the other.
inline constexpr std::chrono::milliseconds sync_time_max{120'000};
/// Of all results of one synchronous request; whoever wants more makes a job.
inline constexpr std::uint64_t sync_output_bytes_max = 100 * mib;

/// Jobs that are processing at a time, whosever they are: each has a runner. A setting; more than
/// the largest plan allows one account.
inline constexpr std::size_t runners_max = 256;

/// Jobs of one account that are processing at a time where its plan says nothing. A setting.
inline constexpr std::size_t jobs_in_flight_max = 64;

inline constexpr std::size_t filename_bytes_max = 255; ///< Of a source's name; longer ones are cut.
inline constexpr std::size_t metadata_bytes_max = 4 * kib; ///< Of a job's `metadata`, as JSON text.

} // namespace convertd
