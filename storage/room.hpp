// How much room the store has left.
#pragma once

#include "storage/store.hpp"

#include <cstdint>

namespace convertd {

/// Bytes of the store's file that records which are gone have left free; the file itself never
/// shrinks. Reads a list, so not for every request.
std::uint64_t bytes_free(const store& in);

/// True if what must stay takes more than so much of the map.
bool is_above(const store& in, unsigned percent);

/// Keeps some room for erasing: a commit that erases has to write before anything is free. Used by
/// the writer only.
class erasing_reserve {
public:
  /// False when only the reserve is left, in the map or on the disk. Takes care that the disk has
  /// blocks for it.
  bool allows_growth(const store& in);

private:
  std::uint64_t reserved_to_ = 0; ///< The disk has blocks for the file up to there.
};

} // namespace convertd
