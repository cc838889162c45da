// Which job a request names, and whether it may.
#pragma once

#include "http/exchange.hpp"
#include "http/services.hpp"
#include "job/job.hpp"
#include "storage/store.hpp"

namespace convertd {

/// The id in the path. Throws request_refused: not_found.
job_id job_id_of(const exchange& x);

/// The account's job. Another account's is as good as none; so is one that is still being written.
/// Throws request_refused: not_found.
job_record job_for(account_id account, job_id id, const read_view& view);

/// Authenticates, and gives the account if the job in the path is its own. No view is open
/// afterwards, so that what follows may take a while.
account_id owner_of(exchange& x, const services& with);

} // namespace convertd
