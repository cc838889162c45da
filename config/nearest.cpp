#include "config/nearest.hpp"

#include <algorithm>

namespace convertd {

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j)
    row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    auto diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      auto change = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({change, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row[b.size()];
}

std::string nearest(std::string_view word, const std::vector<std::string>& words) {
  std::string best;
  auto least = std::max<std::size_t>(2, word.size() / 3) + 1;
  if (word.size() > 128) // no misspelling of ours, and the work grows with its length
    return best;
  for (const auto& x : words) {
    auto distance = edit_distance(word, x);
    if (distance < least) {
      least = distance;
      best = x;
    }
  }
  return best;
}

} // namespace convertd
