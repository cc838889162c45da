// The control of scripts/torture fuzz: a property that does not hold, a few bytes away from the
// seeds. A run that does not find it finds nothing.
#include "http/text.hpp"
#include "tests/fuzz/fuzzing.hpp"

using namespace convertd;

FUZZ(input) {
  must(percent_decoded(input).find("bad") == std::string::npos);
}
