// The face of this folder: probe a header, convert an image. Nothing here throws; whatever an image
// or a library does ends as a `failure` with one of the codes for a file.
#pragma once

#include "imaging/engine.hpp"
#include "job/error.hpp"

#include <cstdint>
#include <variant>

namespace convertd {

template <class T>
using imaging_answer = std::variant<T, failure>;

/// Reads the header of `source` as `format`, whatever its bytes look like, and holds it against the
/// limits. Errors: unsupported_input, decode_failed, too_large.
imaging_answer<source_header> probe_image(image_format format, bytes_view source,
                                          const image_limits& limits) noexcept;

/// Converts an image whose header was probed. Errors: those of probe_image(), and encode_failed.
imaging_answer<encoded_image> convert_image(const source_header& header, bytes_view source,
                                            const conversion& what,
                                            const image_limits& limits) noexcept;

/// CRC-32 as in zip and PNG.
std::uint32_t crc32_of(bytes_view bytes) noexcept;

} // namespace convertd
