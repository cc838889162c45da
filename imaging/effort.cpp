#include "imaging/effort.hpp"

namespace convertd {

namespace {

encoder_effort chosen;

} // namespace

const encoder_effort& effort() {
  return chosen;
}

void set_effort(const encoder_effort& x) {
  chosen = x;
}

} // namespace convertd
