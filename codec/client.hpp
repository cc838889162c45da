// The server's half of the process boundary: the zygote's keeper, and one codec process.
//
// Everything that parses image bytes lives in the program `convertd-codec`. The server starts it
// once, as a zygote with its coders loaded; the zygote forks a child whenever a worker asks for
// one. Sockets are SOCK_SEQPACKET pairs with fixed-size messages (codec/message.hpp); what a child
// says is hostile input.
//
//   codec_worker ──control──► zygote ──fork──► child
//        ├───────report◄──────────┘ pidfd; then exit code or signal, and resource use
//        └───────channel◄─────────────────────► child: order → header → grant → result,
//                                                      or order → header and result
#pragma once

#include "job/conversion.hpp"
#include "job/effort.hpp"
#include "job/error.hpp"
#include "job/image_format.hpp"
#include "job/limits.hpp"
#include "job/stage_times.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>

namespace convertd {

/// What a codec process is asked to do with one file.
struct codec_order {
  image_format source_format =
    image_format::unknown;         ///< From sniff(); passed to the decoder as is.
  std::uint64_t source_offset = 0; ///< Where the file starts in the descriptor that goes with it.
  std::uint64_t source_length = 0;
  conversion what;
  image_limits limits;
};

/// What the header of an image says, before anything is decoded.
struct image_header {
  image_format format = image_format::unknown;
  std::uint32_t width = 0; ///< As stored: before the orientation is applied.
  std::uint32_t height = 0;
  std::uint32_t frames = 1;
  std::uint32_t depth = 8; ///< Bits per channel.
  bool alpha = false;
  std::uint8_t orientation = 1; ///< EXIF, 1..8

  std::uint64_t pixels() const {
    return std::uint64_t{width} * height;
  }
};

/// Address space for this conversion of an image with this header, bytes: what to pass to
/// convert(). codec_memory() of its pixels, and more for what was measured to need more: AVIF,
/// HEIF, animations.
std::uint64_t memory_needed(const image_header& header, const conversion& what);

/// Whether this conversion takes so long that others should not have to wait for it: from about
/// four megapixels on, of all frames; sooner for AVIF, whose encoder is slow.
bool is_large(const image_header& header, const conversion& what);

/// Address space with which a small picture is converted as soon as its header was read, without
/// that anybody is asked: that of so many pixels.
inline constexpr std::uint64_t at_once_pixels_max = 128 * kib;
inline constexpr std::uint64_t at_once_memory = codec_memory(at_once_pixels_max);

/// Sources of up to so many bytes are read together with their header, and then their file is not
/// looked at again.
inline constexpr std::uint64_t source_read_bytes_max = 128 * kib;

/// Whether this conversion is so small.
bool goes_at_once(const image_header& header, const conversion& what);

/// What was written to the output descriptor, from offset 0.
struct codec_result {
  std::uint64_t size = 0; ///< Bytes.
  std::uint32_t crc32 = 0;
  std::uint32_t width = 0;
  std::uint32_t height = 0;
  std::uint8_t applied_quality = 0; ///< 0 where the format knows no quality.
  stage_times times{};              ///< As the process says: for figures only.
};

/// A file's header, and its result if it went at once.
struct at_once_answer {
  image_header header;
  std::optional<codec_result> result;
};

/// Why a file was not converted, by whose fault it was.
struct codec_fault {
  enum class kind : std::uint8_t {
    refused,     ///< The process lives and says no: the image's fault. Final.
    died,        ///< The process died by itself, hit a limit, or had to be killed for its deadline.
    interrupted, ///< The zygote died, or a stop: nobody's fault. To be tried again.
  };
  kind what = kind::refused;
  failure why;
  int signal = 0; ///< What ended the process, if a signal did and it was not ours.
};

template <class T>
using codec_answer = std::variant<T, codec_fault>;

/// Where the codec program is and how its processes are to be run.
struct codec_options {
  std::string program;   ///< Path of convertd-codec.
  std::uint32_t uid = 0; ///< Children change to it when the server is root; 0 = keep.
  std::uint32_t gid = 0;
  std::uint64_t memory_max =
    0; ///< Hard RLIMIT_AS of every child, bytes; 0 = codec_memory() of the frame limit.
  encoder_effort effort;
  std::function<void(std::string)> log; ///< One line for the operator; called from any thread.
};

/// Keeps one zygote alive: starts it, notices its death, starts the next with backoff (10 ms,
/// doubling up to 5 s; reset once it has lived for 10 s). Owns a thread for as long as it lives,
/// since the zygote's parent-death signal follows the thread that started it. Construct it before
/// threads, the store and sockets exist; destroy it last. Throws std::system_error if the first
/// start fails.
class zygote_keeper {
public:
  explicit zygote_keeper(codec_options options);
  ~zygote_keeper(); ///< Closes the control socket; the zygote and all children end.
  zygote_keeper(const zygote_keeper&) = delete;
  zygote_keeper& operator=(const zygote_keeper&) = delete;

  /// The control socket: the same descriptor number for life; a new zygote is put behind it with
  /// dup2, so that the kernel is all that threads share.
  int control() const;

  /// The zygote's pid now; for tests and for the log.
  int pid() const;

  /// There is a zygote that can fork. From any thread.
  bool ready() const;

private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

/// One child of the zygote. Not thread-safe: owned by one worker. Blocking, but every call ends by
/// its deadline, with the child dead if it did not answer.
class codec_process {
public:
  using clock = std::chrono::steady_clock;

  /// Asks for a child and waits until it says it is ready. `control` is zygote_keeper::control().
  static codec_answer<codec_process> start(int control, clock::time_point deadline);

  codec_process(codec_process&&) noexcept;
  codec_process& operator=(codec_process&&) noexcept;
  ~codec_process(); ///< Kills the child if it is alive.

  /// Hands over one file and reads its header. `source` stays the caller's and is only read.
  codec_answer<image_header> probe(const codec_order& order, int source,
                                   clock::time_point deadline);

  /// The same, and if goes_at_once() says so the conversion too, with at_once_memory: one message
  /// each way in place of two. Without a result, convert() or skip() is next. `output` as below.
  codec_answer<at_once_answer> convert_at_once(const codec_order& order, int source, int output,
                                               clock::time_point deadline);

  /// Goes on with the file of the last probe. `memory` is what the pool granted, in bytes of
  /// address space, at least memory_needed(); `output` is an empty regular file or memfd, written
  /// from offset 0.
  codec_answer<codec_result> convert(int output, std::uint64_t memory, clock::time_point deadline);

  /// Lets every other process go before this one, for the rest of its life: without privileges that
  /// cannot be undone, so it is not for a small file any more.
  void yield_to_others();

  /// Drops the file of the last probe; the process is ready for the next.
  void skip();

  /// False after any `died` or `interrupted`, and after a file so large that the process would keep
  /// too much address space for the next: start another (about 10 ms).
  bool alive() const;

  /// It is alive and has not ended since its last file: the next one may be handed to it.
  bool usable() const;

  /// A pidfd, for whoever must stop the work from outside; -1 when not alive.
  int pidfd() const;
  int pid() const;

private:
  codec_process();
  struct impl;
  std::unique_ptr<impl> impl_;
};

} // namespace convertd
