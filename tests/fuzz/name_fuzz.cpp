// A client's file name becomes text that is safe to show and to put into an archive.
#include "http/text.hpp"
#include "job/limits.hpp"
#include "job/name.hpp"
#include "tests/fuzz/fuzzing.hpp"

#include <algorithm>

using namespace convertd;

FUZZ(input) {
  auto name = clean_name(input);
  must(!name.empty() && name.size() <= filename_bytes_max && is_utf8(name));
  must(name.find_first_of("/\\") == name.npos);
  must(std::ranges::none_of(name, [](unsigned char x) { return x < 0x20 || x == 0x7F; }));
  must(clean_name(name) == name);
  target_names names;
  auto first = names.next(name, image_format::webp);
  auto second = names.next(name, image_format::webp);
  must(first != second && is_utf8(first) && is_utf8(second));
  must(percent_decoded(percent_encoded(name)) == name);
  must(percent_decoded(input).size() <= input.size());
  must(percent_encoded(input).find_first_of("\r\n\"") == std::string::npos);
}
