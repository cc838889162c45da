// What a store of an earlier version lacks.
#pragma once

#include "storage/store.hpp"

namespace convertd {

/// Enters the outputs that a version without lists of stored files left behind into those lists.
/// Does so once in the life of a store; may die anywhere and run again. Throws store_error.
void index_outputs(store& in);

} // namespace convertd
