// What the server, the zygote and a child say to each other: fixed-size structs, one per datagram.
// A child that has parsed a hostile image may say anything, so every message from it goes through
// receive() of channel.hpp, which checks size and kind, and through valid() here.
#pragma once

#include "codec/client.hpp"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>

namespace convertd {

inline constexpr std::uint32_t message_magic = 0x63766431; // "cvd1"
inline constexpr std::uint16_t message_version = 4;

/// Exit codes with a meaning. Any other, 0 included, is a crash: a child ends when it is killed or
/// when its channel closes, and then nobody asks.
inline constexpr int exit_out_of_memory = 77; ///< A library could not go on.
inline constexpr int exit_fatal = 78;         ///< The same, for another reason.
inline constexpr int exit_output_failed = 79; ///< The disk did not take the output.
inline constexpr int exit_no_identity = 80;   ///< It could not change to its user.
inline constexpr int exit_no_landlock = 81;   ///< The kernel has Landlock and refused it.
inline constexpr int exit_no_filter = 82;     ///< The kernel refused the seccomp filter.

enum class message_kind : std::uint16_t {
  start = 1,    ///< server → zygote, with the child's channel and the zygote's end of the report
  started = 2,  ///< zygote → server, with a pidfd and the child's /proc/PID/statm
  exited = 3,   ///< zygote → server, the last on the report
  ready = 4,    ///< child → server, once
  order = 5,    ///< server → child, with the source
  header = 6,   ///< child → server
  convert = 7,  ///< server → child, with the output
  result = 8,   ///< child → server
  refusal = 9,  ///< child → server, instead of a header, a result or both
  skip = 10,    ///< server → child, instead of convert; not answered
  attempt = 11, ///< server → zygote, instead of start: a child for one forbidden act
  attempted = 12, ///< child → server, if it lived
  go = 13,        ///< server → that child, when its limits are set
  whole = 14,     ///< child → server, instead of a header, if the order came with an output
};

struct message_head {
  std::uint32_t magic = message_magic;
  std::uint16_t version = message_version;
  message_kind kind{};
};

struct start_message {
  static constexpr auto kind = message_kind::start;
  message_head head{.kind = kind};
};

struct started_message {
  static constexpr auto kind = message_kind::started;
  message_head head{.kind = kind};
  std::int64_t pid = 0;
  std::uint32_t uid = 0; ///< That it runs as.
  std::uint32_t gid = 0;
};

struct exited_message {
  static constexpr auto kind = message_kind::exited;
  message_head head{.kind = kind};
  std::int32_t code = 0;   ///< Of exit(), when signal is 0.
  std::int32_t signal = 0; ///< That ended it.
  std::uint64_t cpu_us = 0;
  std::uint64_t resident_max_kib = 0;
};

struct ready_message {
  static constexpr auto kind = message_kind::ready;
  message_head head{.kind = kind};
};

struct order_message {
  static constexpr auto kind = message_kind::order;
  message_head head{.kind = kind};
  std::uint64_t source_offset = 0;
  std::uint64_t source_length = 0;
  std::uint64_t frame_pixels_max = 0;
  std::uint64_t total_pixels_max = 0;
  std::uint64_t output_bytes_max = 0;
  std::uint64_t time_max_ms = 0;
  std::uint64_t target_bytes = 0;
  std::uint32_t frames_max = 0;
  std::uint32_t output_side_max = 0;
  std::uint32_t width = 0;
  std::uint32_t height = 0;
  std::uint8_t source_format = 0;
  std::uint8_t target = 0;
  std::uint8_t quality = 0;
  std::uint8_t resize = 0;
  std::uint8_t auto_orient = 0;
  std::uint8_t strip_metadata = 0;
  std::uint8_t operation = 0;
  std::uint8_t mode = 0;
  std::uint8_t lossless = 0;
  std::uint8_t at_once = 0; ///< Convert it too if goes_at_once(): the output came along.
  std::array<std::uint8_t, 6> unused{};
};

struct header_message {
  static constexpr auto kind = message_kind::header;
  message_head head{.kind = kind};
  std::uint32_t width = 0;
  std::uint32_t height = 0;
  std::uint32_t frames = 0;
  std::uint32_t depth = 0;
  std::uint8_t format = 0;
  std::uint8_t alpha = 0;
  std::uint8_t orientation = 0;
  std::array<std::uint8_t, 5> unused{};
};

struct convert_message {
  static constexpr auto kind = message_kind::convert;
  message_head head{.kind = kind};
  std::uint64_t memory = 0;
};

struct result_message {
  static constexpr auto kind = message_kind::result;
  message_head head{.kind = kind};
  std::uint64_t size = 0;
  std::uint32_t crc32 = 0;
  std::uint32_t width = 0;
  std::uint32_t height = 0;
  std::uint8_t applied_quality = 0;
  std::uint8_t spent = 0; ///< The child has grown large and wants to be replaced.
  std::array<std::uint8_t, 2> unused{};
  std::uint32_t decode_us = 0;
  std::uint32_t transform_us = 0;
  std::uint32_t encode_us = 0;
  std::uint32_t compress_us = 0;
};

struct whole_message {
  static constexpr auto kind = message_kind::whole;
  message_head head{.kind = kind};
  header_message header;
  result_message result; ///< If it is done.
  std::uint8_t done = 0;
  std::array<std::uint8_t, 7> unused{};
};

struct refusal_message {
  static constexpr auto kind = message_kind::refusal;
  message_head head{.kind = kind};
  std::uint16_t code = 0;
  std::uint8_t length = 0;
  std::uint8_t spent = 0; ///< As above.
  std::uint32_t unused = 0;
  std::uint64_t detail = 0; ///< Bytes; what that number is, the code says. 0 = none.
  std::array<char, 224> text{};
};

struct skip_message {
  static constexpr auto kind = message_kind::skip;
  message_head head{.kind = kind};
};

/// A child that is made and locked like any other, tries one of forbidden_acts() and ends.
struct attempt_message {
  static constexpr auto kind = message_kind::attempt;
  message_head head{.kind = kind};
  std::uint16_t act = 0;
  std::array<char, 238> folder{}; ///< The data directory, with a zero at its end.
};

struct attempted_message {
  static constexpr auto kind = message_kind::attempted;
  message_head head{.kind = kind};
  std::int32_t error = 0; ///< errno; 0 = the act was done.
  std::uint32_t unused = 0;
};

struct go_message {
  static constexpr auto kind = message_kind::go;
  message_head head{.kind = kind};
};

/// Room for the largest, and one byte more, so that a longer one shows.
inline constexpr std::size_t message_bytes_max = sizeof(refusal_message) + 1;

static_assert(sizeof(message_head) == 8 && sizeof(order_message) == 96);
static_assert(sizeof(started_message) == 24 && sizeof(exited_message) == 32);
static_assert(sizeof(header_message) == 32 && sizeof(convert_message) == 16);
static_assert(sizeof(result_message) == 48 && sizeof(refusal_message) == 248);
static_assert(sizeof(whole_message) == 96);
static_assert(sizeof(attempt_message) == 248 && sizeof(attempted_message) == 16);
static_assert(
  std::is_trivially_copyable_v<order_message> && std::is_trivially_copyable_v<refusal_message>);

order_message to_message(const codec_order& x);
codec_order to_order(const order_message& x);

header_message to_message(const image_header& x);
image_header to_header(const header_message& x);

result_message to_message(const codec_result& x);
codec_result to_result(const result_message& x);

whole_message to_message(const at_once_answer& x);
at_once_answer to_answer(const whole_message& x);

/// Keeps what fits of the sentence; drops what is not printable.
refusal_message to_message(const failure& x);
failure to_failure(const refusal_message& x);

/// Whether a child may say this: enums in range, sizes sane, text printable UTF-8.
bool valid(const header_message& x);
bool valid(const result_message& x);
bool valid(const whole_message& x);
bool valid(const refusal_message& x);

} // namespace convertd
