// "Did you mean …": the known word that a misspelt one is nearest to.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace convertd {

/// Single characters to insert, erase or change until `a` is `b`.
std::size_t edit_distance(std::string_view a, std::string_view b);

/// The nearest of `words`; empty when none of them is near: more than a third of it would have to
/// change, and more than two characters.
std::string nearest(std::string_view word, const std::vector<std::string>& words);

} // namespace convertd
