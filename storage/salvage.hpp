// What repair_store() is made of; for storage/ alone.
#pragma once

#include "storage/lmdb.hpp"

#include <functional>
#include <string>
#include <string_view>

namespace convertd {

using loss_function = std::function<void(const std::string&)>;

/// Whether `value` is a whole record of the table `table` and may stand under `key`. False for
/// tables that follow from others.
bool is_whole_record(std::string_view table, std::string_view key, std::string_view value);

/// Makes the records of a store fit each other again, then its indexes and totals anew; each loss
/// is told in a sentence.
void mend(MDB_txn* txn, const store::databases& tables, const loss_function& lost);

} // namespace convertd
