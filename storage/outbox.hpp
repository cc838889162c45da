// The outbox: which deliveries wait, in which order. Within storage/ only; write_batch and
// read_view offer it to others.
//
// The deliveries of one job to one target are a strand: they are sent one after the other. `outbox`
// has the pending ones by job, target and id, so that a strand is a range of keys. `strand` has
// each strand that is not empty once, under its target and the time its first delivery is to be
// tried. While a job is uploading its strands are not in there: it is not a job yet.
#pragma once

#include "job/webhook.hpp"
#include "storage/lmdb.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace convertd::outbox {

/// Without those whose record is damaged.
std::vector<webhook_record> webhooks_of(MDB_txn* txn, const store::databases& tables,
                                        account_id account);
std::optional<delivery_record> find_delivery(MDB_txn* txn, const store::databases& tables,
                                             account_id account, delivery_id id);
/// The first delivery of a strand.
std::optional<delivery_record> head(MDB_txn* txn, const store::databases& tables, job_id job,
                                    target_id target);

std::string webhook_key(account_id account, webhook_id id);
std::string delivery_key(account_id account, delivery_id id);
std::string strand_prefix(job_id job, target_id target);
std::string strand_key(target_id target, timestamp at, job_id job);

/// An id for the next delivery of a strand: above all that wait in it, whatever the clock does.
delivery_id next_id(MDB_txn* txn, const store::databases& tables, std::string_view prefix,
                    timestamp now);

} // namespace convertd::outbox
