// The names of ImageMagick's coders for our formats.
#pragma once

#include "job/image_format.hpp"

#include <string>

namespace convertd {

/// Never left to ImageMagick to guess. Throws imaging_error(unsupported_input) where there is none.
const char* reader_of(image_format x);
const char* writer_of(image_format x);

/// The coders that a policy must let through, each in one of the lists: "JPEG,PNG,…".
std::string coders_to_read();
std::string coders_to_write(); ///< Read, too.

} // namespace convertd
