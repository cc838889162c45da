#include "storage/salvage.hpp"

#include "storage/derive.hpp"
#include "storage/outbox.hpp"
#include "storage/record.hpp"

#include <algorithm>
#include <set>

namespace convertd {

namespace {

constexpr const char* plan_of_lost_accounts = "free";

bool fits(std::string_view table, std::string_view key, std::string_view value) {
  constexpr std::size_t id_bytes = 16;
  if (table == "job")
    return decode_job(value).id.view() == key;
  if (table == "file")
    return key.size() == id_bytes + 4
           && decode_file(value).index == from_big_endian<std::uint32_t>(key.substr(id_bytes));
  if (table == "account")
    return big_endian(decode_account(value).id) == key;
  if (table == "key") {
    auto hash = decode_key(value).hash;
    return key == std::string_view{reinterpret_cast<const char*>(hash.data()), hash.size()};
  }
  if (table == "saved")
    return decode_saved(value).id.view() == key;
  if (table == "idempotency") {
    auto x = decode_idempotency(value);
    return idempotency_key(x.account, x.key) == key;
  }
  if (table == "webhook") {
    auto x = decode_webhook(value);
    return outbox::webhook_key(x.account, x.id) == key;
  }
  if (table == "delivery") {
    auto x = decode_delivery(value);
    return outbox::delivery_key(x.account, x.id) == key;
  }
  if (table == "usage")
    return decode_requests(value), key.size() == 8;
  if (key.size() != id_bytes)
    return false;
  if (table == "spec")
    return decode_spec(value), true;
  if (table == "callback")
    return decode_callback(value), true;
  if (table == "output")
    return decode_place(value), true;
  if (table == "doomed")
    return value.empty();
  if (table == "doomed_file")
    return value.empty() || (decode_place(value), true);
  if (table == "source" || table == "bytes")
    return decode_bytes(value), true;
  return false;
}

class mending {
public:
  mending(MDB_txn* txn, const store::databases& tables, const loss_function& lost)
    : txn_{txn}, tables_{tables}, lost_{lost} {}

  void run() {
    each(tables_.saved, [this](auto, auto value) { return saved(decode_saved(value)); });
    each(tables_.job, [this](auto, auto value) {
      job(decode_job(value));
      return true;
    });
    for (auto table : {tables_.spec, tables_.file, tables_.callback})
      each(table, [this](auto key, auto) { return has_job(key); });
    each(tables_.source, [this](auto key, auto) {
      auto owner = find(txn_, tables_.job, key);
      return owner && decode_job(*owner).sources_inline && !decode_job(*owner).erased;
    });
    each(tables_.output,
         [this](auto key, auto value) { return is_output(key, decode_place(value)); });
    each(tables_.key, [this](auto, auto value) {
      accounts_.insert(decode_key(value).account);
      return true;
    });
    number_accounts();
    derive_all();
    // Not before: what was lost of `output` is there again only now.
    each(tables_.bytes, [this](auto key, auto) {
      return find(txn_, tables_.output, key) || find(txn_, tables_.saved, key);
    });
  }

private:
  /// Calls `keep(key, value)` for each entry and erases those that it is false for.
  template <class Keep>
  void each(MDB_dbi in, Keep keep) {
    cursor at{txn_, in};
    for (auto more = at.first(); more; more = at.next())
      if (!keep(std::string{at.key()}, std::string{at.value()}))
        at.erase();
  }

  bool saved(const saved_file& x) {
    accounts_.insert(x.account);
    if (!x.stored_inline || find(txn_, tables_.bytes, x.id.view()))
      return true;
    lost_("the saved file " + to_text(x.id));
    return false;
  }

  void job(job_record x) {
    accounts_.insert(x.account);
    auto id = to_text(x.id);
    if (!find(txn_, tables_.spec, x.id.view())) {
      lost_("what was asked for with job " + id);
      job_spec spec;
      spec.type = x.type;
      put(txn_, tables_.spec, x.id.view(), encode(spec));
    }
    if (x.state == job_state::uploading || x.erased)
      return;
    if (x.sources_inline && !find(txn_, tables_.source, x.id.view())) {
      lost_("the sources of job " + id);
      put(txn_, tables_.source, x.id.view(), encode_bytes({}));
    }
    for (std::uint32_t i = 0; i < x.files_total; ++i)
      file(x, i);
    if (!is_final(x.state))
      count_anew(x);
    put(txn_, tables_.job, x.id.view(), encode(x));
  }

  void file(job_record& owner, std::uint32_t index) {
    auto key = file_key(owner.id, index);
    auto found = find(txn_, tables_.file, key);
    file_record x;
    if (found)
      x = decode_file(*found);
    auto name = "file " + std::to_string(index) + " of job " + to_text(owner.id);
    if (!found) {
      lost_(name);
      x.index = index;
      x.source_name = x.target_name = "lost";
      x.progress.state = file_state::failed;
      x.progress.error = ec::internal;
      x.error_message = "The record of this file was lost.";
      x.change = ++owner.change;
    } else if (x.progress.state == file_state::completed && !x.result.erased
               && x.result.stored_inline && !find(txn_, tables_.bytes, x.result.id.view())) {
      lost_("the output of " + name);
      x.result.erased = true;
      owner.output_bytes -= std::min(owner.output_bytes, x.result.size);
    } else {
      return;
    }
    put(txn_, tables_.file, key, encode(x));
  }

  /// A job that goes on ends when as many files have ended as it has.
  void count_anew(job_record& x) {
    x.files_completed = x.files_failed = 0;
    x.output_bytes = 0;
    for (std::uint32_t i = 0; i < x.files_total; ++i)
      if (auto found = find(txn_, tables_.file, file_key(x.id, i))) {
        auto one = decode_file(*found);
        x.change = std::max(x.change, one.change);
        if (is_final(one.progress.state))
          count_ended(x, one);
      }
    if (x.files_ended() != x.files_total)
      return;
    x.state = job_state::processing; // recovery ends what is processing and has nothing to do
    x.started = x.created;
  }

  bool has_job(std::string_view key) {
    auto id = key.substr(0, 16);
    if (find(txn_, tables_.job, id))
      return true;
    if (last_lost_job_ != id)
      lost_("the job " + to_text(id_from_bytes<job_id>(id)));
    last_lost_job_ = id;
    return false;
  }

  bool is_output(std::string_view id, const output_place& place) {
    auto owner = find(txn_, tables_.job, place.job.view());
    auto found = find(txn_, tables_.file, file_key(place.job, place.index));
    if (!owner || !found || decode_job(*owner).erased)
      return false;
    auto file = decode_file(*found);
    return file.progress.state == file_state::completed && !file.result.erased
           && file.result.id.view() == id;
  }

  /// An account that is lost gets a record again, so that its jobs and keys have an owner.
  void number_accounts() {
    account_id last = 0;
    for (auto id : accounts_)
      if (!find(txn_, tables_.account, big_endian(id))) {
        lost_("name and plan of account " + std::to_string(id) + "; it is now \"lost-"
              + std::to_string(id) + "\" with the plan " + plan_of_lost_accounts);
        account_record x;
        x.id = id;
        x.name = "lost-" + std::to_string(id);
        x.plan = plan_of_lost_accounts;
        put(txn_, tables_.account, big_endian(id), encode(x));
      }
    each(tables_.account, [&last](auto, auto value) {
      last = std::max(last, decode_account(value).id);
      return true;
    });
    put(txn_, tables_.meta, "next_account", encode_account_id(last + 1));
    put(txn_, tables_.meta, "outputs_indexed", "1");
  }

  void derive_all() {
    derive_options options;
    options.damage = [this](const std::string& what) { lost_(what); };
    options.tick = [] {};
    options.entry = [this](const derived_entry& x) {
      if (x.handle != tables_.output || !find(txn_, x.handle, x.key))
        put(txn_, x.handle, x.key, x.value);
    };
    derive(txn_, tables_, options);
  }

  MDB_txn* txn_;
  const store::databases& tables_;
  const loss_function& lost_;
  std::set<account_id> accounts_;
  std::string last_lost_job_;
};

} // namespace

bool is_whole_record(std::string_view table, std::string_view key, std::string_view value) {
  try {
    return fits(table, key, value);
  } catch (const store_error&) {
    return false;
  }
}

void mend(MDB_txn* txn, const store::databases& tables, const loss_function& lost) {
  mending{txn, tables, lost}.run();
}

} // namespace convertd
