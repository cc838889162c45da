#include "storage/outbox.hpp"

#include "job/test_hooks.hpp"
#include "storage/record.hpp"

namespace convertd {

namespace outbox {

namespace {

/// One more, as a number of 8 bytes; a carry beyond them would take 2^61 deliveries of one moment.
delivery_id after(delivery_id x) {
  for (auto i = x.bytes.size(); i-- > 8;)
    if (++x.bytes[i] != 0)
      break;
  return x;
}

/// A damaged record of a webhook must not stand in the way of jobs.
template <class Work>
void unless_damaged(Work work) {
  try {
    work();
  } catch (const store_error& error) {
    if (!error.damaged())
      throw;
  }
}

} // namespace

std::string webhook_key(account_id account, webhook_id id) {
  return big_endian(account) + std::string{id.view()};
}

std::string delivery_key(account_id account, delivery_id id) {
  return big_endian(account) + std::string{id.view()};
}

std::string strand_prefix(job_id job, target_id target) {
  return std::string{job.view()} + std::string{target.view()};
}

std::string strand_key(target_id target, timestamp at, job_id job) {
  auto millis = static_cast<std::uint64_t>(at.time_since_epoch().count());
  return std::string{target.view()} + big_endian(millis) + std::string{job.view()};
}

std::vector<webhook_record> webhooks_of(MDB_txn* txn, const store::databases& tables,
                                        account_id account) {
  std::vector<webhook_record> out;
  auto prefix = big_endian(account);
  cursor at{txn, tables.webhook};
  for (auto more = at.seek(prefix); more && at.key().starts_with(prefix); more = at.next())
    unless_damaged([&] { out.push_back(decode_webhook(at.value())); });
  return out;
}

std::optional<delivery_record> find_delivery(MDB_txn* txn, const store::databases& tables,
                                             account_id account, delivery_id id) {
  auto found = find(txn, tables.delivery, delivery_key(account, id));
  return found ? std::optional{decode_delivery(*found)} : std::nullopt;
}

std::optional<delivery_record> head(MDB_txn* txn, const store::databases& tables, job_id job,
                                    target_id target) {
  auto prefix = strand_prefix(job, target);
  cursor at{txn, tables.outbox};
  if (!at.seek(prefix) || !at.key().starts_with(prefix))
    return std::nullopt;
  auto id = id_from_bytes<delivery_id>(at.key().substr(prefix.size()));
  return find_delivery(txn, tables, decode_account_id(at.value()), id);
}

delivery_id next_id(MDB_txn* txn, const store::databases& tables, std::string_view prefix,
                    timestamp now) {
  auto id = mint<delivery_id>(now);
  cursor at{txn, tables.outbox};
  auto more = at.seek(std::string{prefix} + std::string(16, '\xFF')) ? at.previous() : at.last();
  if (!more || !at.key().starts_with(prefix))
    return id;
  auto last = id_from_bytes<delivery_id>(at.key().substr(prefix.size()));
  return id > last ? id : after(last);
}

} // namespace outbox

namespace {

/// Where a strand stands among those that wait; empty if nothing waits in it.
std::string place_of(MDB_txn* txn, const store::databases& tables, job_id job, target_id target) {
  auto first = outbox::head(txn, tables, job, target);
  auto found = find(txn, tables.job, job.view());
  bool uploading = found && decode_job(*found).state == job_state::uploading;
  return first && !uploading ? outbox::strand_key(target, first->next_attempt, job) : std::string{};
}

bool is_about_jobs_end(event_kind x) {
  return x == event_kind::completed || x == event_kind::failed;
}

} // namespace

// -- write_batch's part of it --

void write_batch::put_webhook(const webhook_record& x) {
  auto record = encode(x);
  put(txn_, store_->tables().webhook, outbox::webhook_key(x.account, x.id), record);
  bytes_ += record.size();
}

bool write_batch::erase_webhook(account_id account, webhook_id id) {
  return erase(txn_, store_->tables().webhook, outbox::webhook_key(account, id));
}

std::vector<webhook_record> write_batch::webhooks_of(account_id account) const {
  return outbox::webhooks_of(txn_, store_->tables(), account);
}

void write_batch::put_callback(job_id id, const callback_record& x) {
  auto record = encode(x);
  put(txn_, store_->tables().callback, id.view(), record);
  bytes_ += record.size();
}

std::optional<delivery_record> write_batch::delivery(account_id account, delivery_id id) const {
  return outbox::find_delivery(txn_, store_->tables(), account, id);
}

void write_batch::put_delivery(const delivery_record& x) {
  const auto& tables = store_->tables();
  auto before = place_of(txn_, tables, x.job, x.target);
  auto record = encode(x);
  put(txn_, tables.delivery, outbox::delivery_key(x.account, x.id), record);
  bytes_ += record.size();
  auto key = outbox::strand_prefix(x.job, x.target) + std::string{x.id.view()};
  if (x.state == delivery_state::pending)
    put(txn_, tables.outbox, key, encode_account_id(x.account));
  else
    erase(txn_, tables.outbox, key);
  auto after = place_of(txn_, tables, x.job, x.target);
  if (before == after)
    return;
  if (!before.empty())
    erase(txn_, tables.strand, before);
  if (!after.empty())
    put(txn_, tables.strand, after, {});
  outbox_touched_ |= x.state == delivery_state::pending && x.tries == 0; // new, or again
}

std::uint32_t write_batch::fail_deliveries(target_id target, std::string_view trouble,
                                           std::uint32_t limit) {
  const auto& tables = store_->tables();
  std::uint32_t failed = 0;
  while (failed < limit) {
    std::optional<delivery_record> first;
    {
      cursor at{txn_, tables.strand};
      if (!at.seek(target.view()) || !at.key().starts_with(target.view()))
        break;
      first = outbox::head(txn_, tables, id_from_bytes<job_id>(at.key().substr(24)), target);
    }
    if (!first)
      break;
    first->state = delivery_state::failed;
    first->trouble = trouble;
    first->completed = now_;
    put_delivery(*first);
    ++failed;
  }
  return failed;
}

void write_batch::erase_delivery(account_id account, delivery_id id) {
  erase(txn_, store_->tables().delivery, outbox::delivery_key(account, id));
}

void write_batch::emit(const job_record& job, event_kind kind, std::uint32_t file) {
  auto event = mint<event_id>(now_);
  delivery_record x;
  x.account = job.account;
  x.event = event;
  x.kind = kind;
  x.job = job.id;
  x.file = file;
  x.created = x.since = x.next_attempt = now_;
  for (const auto& webhook : webhooks_of(job.account))
    if (webhook.active && contains(webhook.events, kind)) {
      x.webhook = webhook.id;
      x.target = target_of(webhook.id);
      enqueue(x);
    }
  auto callback =
    is_about_jobs_end(kind) ? find(txn_, store_->tables().callback, job.id.view()) : std::nullopt;
  if (callback) {
    x.webhook = {};
    x.target = callback_target(job.account, decode_callback(*callback).url);
    enqueue(x);
  }
}

void write_batch::enqueue(delivery_record x) {
  x.id = outbox::next_id(txn_, store_->tables(), outbox::strand_prefix(x.job, x.target), now_);
  if (fault_wanted("event-after-commit"))
    late_.push_back(std::move(x));
  else // a strand whose first record is damaged takes nothing; it throws before anything is written
    outbox::unless_damaged([&] { put_delivery(x); });
}

void write_batch::emit_job_events(const std::optional<job_record>& before, const job_record& job) {
  if (job.state == job_state::uploading)
    return;
  if (before && before->state == job_state::uploading)
    open_strands(job.id);
  if (job.started != timestamp{} && before && before->started == timestamp{})
    emit(job, event_kind::started, 0);
  if (is_final(job.state) && before && !is_final(before->state))
    emit(job, job.state == job_state::completed ? event_kind::completed : event_kind::failed, 0);
}

/// What was written while the job was uploading may be sent from now on.
void write_batch::open_strands(job_id job) {
  const auto& tables = store_->tables();
  std::vector<target_id> targets;
  {
    cursor at{txn_, tables.outbox};
    for (auto more = at.seek(job.view()); more && at.key().starts_with(job.view());) {
      targets.push_back(id_from_bytes<target_id>(at.key().substr(16, 16)));
      more = at.seek(outbox::strand_prefix(job, targets.back()) + std::string(16, '\xFF'));
    }
  }
  for (const auto& target : targets)
    if (auto place = place_of(txn_, tables, job, target); !place.empty()) {
      put(txn_, tables.strand, place, {});
      outbox_touched_ = true;
    }
}

std::optional<job_record> write_batch::told_of_files(job_id id) const {
  MDB_stat webhooks{};
  check_lmdb(mdb_stat(txn_, store_->tables().webhook, &webhooks), "count");
  auto found = webhooks.ms_entries > 0 ? find(txn_, store_->tables().job, id.view()) : std::nullopt;
  return found ? std::optional{decode_job(*found)} : std::nullopt;
}

void write_batch::emit_file_events(const job_record& job, const std::optional<file_record>& before,
                                   const file_record& file) {
  if (!before && job.state == job_state::uploading)
    emit(job, event_kind::source_stored, file.index);
  if (!is_final(file.progress.state) || !before || is_final(before->progress.state))
    return;
  if (file.progress.state == file_state::completed)
    emit(job, event_kind::output_stored, file.index);
  emit(job, event_kind::progress, file.index);
}

bool write_batch::erase_unsent(job_id job, std::uint32_t limit) {
  const auto& tables = store_->tables();
  cursor at{txn_, tables.outbox};
  for (std::uint32_t erased = 0; at.seek(job.view()) && at.key().starts_with(job.view());
       ++erased) {
    if (erased == limit)
      return false;
    auto id = id_from_bytes<delivery_id>(at.key().substr(32));
    erase_delivery(decode_account_id(at.value()), id);
    at.erase();
  }
  return true;
}

} // namespace convertd
