// The totals of an account, taken anew.
#pragma once

#include "storage/store.hpp"

namespace convertd {

/// What the account's totals must be by the records of its jobs and files. Reads all of them: for
/// tests, and for whoever doubts a store.
account_totals recount(const read_view& in, account_id account);

} // namespace convertd
