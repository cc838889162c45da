// Settings: what reads as a value is written as text that reads as the same value.
#include "config/values.hpp"
#include "job/ids.hpp"
#include "tests/fuzz/fuzzing.hpp"

using namespace convertd;

FUZZ(input) {
  if (auto size = parse_size(input))
    must(parse_size(size_text(*size)) == size);
  if (auto time = parse_duration(input))
    must(parse_duration(duration_text(*time)) == time);
  if (auto number = parse_count(input))
    must(parse_size(input) == number);
  parse_boolean(input);
}
