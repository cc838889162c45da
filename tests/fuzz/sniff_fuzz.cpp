// Sniffing looks at no more than it says, and answers with a format that is in the table.
#include "job/image_format.hpp"
#include "tests/fuzz/fuzzing.hpp"

#include <algorithm>
#include <span>

using namespace convertd;

FUZZ(input) {
  auto bytes = std::as_bytes(std::span{input});
  auto found = sniff(bytes.first(std::min(bytes.size(), sniff_bytes)));
  must(facts_of(found).format == found);
  std::string padded{input.substr(0, sniff_bytes)};
  if (padded.size() == sniff_bytes) // what follows changes nothing
    must(sniff(std::as_bytes(std::span{padded})) == found);
  if (auto named = parse_format(input))
    must(facts_of(*named).format == *named);
}
