// How much this process spends on pictures.
#pragma once

#include "job/effort.hpp"

namespace convertd {

/// The defaults before set_effort().
const encoder_effort& effort();

/// Before the first picture, while the process has one thread.
void set_effort(const encoder_effort& x);

} // namespace convertd
