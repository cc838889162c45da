#include "job/stored_file.hpp"

#include <algorithm>

namespace convertd {

namespace {

char lower(char x) {
  return x >= 'A' && x <= 'Z' ? static_cast<char>(x - 'A' + 'a') : x;
}

bool contains(std::string_view text, std::string_view part) {
  auto found = std::search(text.begin(), text.end(), part.begin(), part.end(),
                           [](char a, char b) { return lower(a) == lower(b); });
  return part.empty() || found != text.end();
}

} // namespace

bool stored_filter::matches(const stored_file& x) const {
  return contains(x.facts.name, name_part)
         && facts_of(x.facts.format).mime_type.starts_with(mime_prefix);
}

} // namespace convertd
