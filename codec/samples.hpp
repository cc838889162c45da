// `convertd-codec samples DIR`
#pragma once

#include <string>

namespace convertd {

/// Writes photo.jpg, logo.png and scan.tiff into an existing directory, the same bytes each time.
/// Gives the exit code; says on stderr what went wrong.
int write_samples(const std::string& directory);

} // namespace convertd
