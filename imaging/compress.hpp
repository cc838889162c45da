// Compressing: the same picture in the same format and in fewer bytes, never in more.
#pragma once

#include "imaging/engine.hpp"

namespace convertd {

/// `what.op` is compress. Throws imaging_error: unsupported_input where the format is not written,
/// target_unreachable with the smallest size as its detail; else as an engine's convert().
encoded_image compress(const source_header& header, bytes_view source, const conversion& what);

} // namespace convertd
