// The first conversion of a process takes 5 to 10 ms more than the next: until then hardly a page
// of its memory is its own.
#pragma once

namespace convertd {

/// Converts small pictures the way most are converted, for nothing but that. In the zygote it also
/// looks up, for all children, the functions of libraries. Call after start_imaging().
void practise();

} // namespace convertd
