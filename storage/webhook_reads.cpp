// What read_view says of webhooks and deliveries.
#include "storage/outbox.hpp"
#include "storage/record.hpp"

#include <algorithm>

namespace convertd {

std::vector<webhook_record> read_view::webhooks_of(account_id account) const {
  return outbox::webhooks_of(txn_, store_->tables(), account);
}

std::optional<webhook_record> read_view::webhook(account_id account, webhook_id id) const {
  auto found = find(txn_, store_->tables().webhook, outbox::webhook_key(account, id));
  return found ? std::optional{decode_webhook(*found)} : std::nullopt;
}

std::optional<callback_record> read_view::callback(job_id id) const {
  auto found = find(txn_, store_->tables().callback, id.view());
  return found ? std::optional{decode_callback(*found)} : std::nullopt;
}

std::optional<delivery_record> read_view::delivery(account_id account, delivery_id id) const {
  return outbox::find_delivery(txn_, store_->tables(), account, id);
}

std::uint64_t read_view::deliveries_waiting() const {
  MDB_stat facts{};
  check_lmdb(mdb_stat(txn_, store_->tables().outbox, &facts), "count what waits in the outbox");
  return facts.ms_entries;
}

delivery_page read_view::deliveries_of(account_id account, std::uint64_t offset,
                                       std::uint32_t limit) const {
  delivery_page page;
  auto prefix = big_endian(account);
  cursor at{txn_, store_->tables().delivery};
  auto more = at.seek(prefix + std::string(16, '\xFF')) ? at.previous() : at.last();
  for (; more && at.key().starts_with(prefix); more = at.previous())
    if (page.total++ >= offset && page.deliveries.size() < limit)
      page.deliveries.push_back(decode_delivery(at.value()));
  return page;
}

strand_scan read_view::strands(timestamp now, std::uint32_t each) const {
  strand_scan out;
  cursor at{txn_, store_->tables().strand};
  for (auto more = at.first(); more;) {
    auto target = id_from_bytes<target_id>(at.key());
    for (std::uint32_t i = 0; more && i < each && at.key().starts_with(target.view());
         ++i, more = at.next()) {
      timestamp when{milliseconds{from_big_endian<std::uint64_t>(at.key().substr(16))}};
      if (when > now) {
        out.next = out.next == timestamp{} ? when : std::min(out.next, when);
        break;
      }
      out.due.push_back({target, id_from_bytes<job_id>(at.key().substr(24)), when});
    }
    more = at.seek(std::string{target.view()} + std::string(24, '\xFF'));
  }
  return out;
}

std::optional<delivery_record> read_view::head_of(const strand& x) const {
  return outbox::head(txn_, store_->tables(), x.job, x.target);
}

std::vector<std::pair<account_id, delivery_id>>
read_view::stale_deliveries(timestamp before, std::uint64_t kept_max, std::uint32_t limit) const {
  std::vector<std::pair<account_id, delivery_id>> out;
  cursor at{txn_, store_->tables().delivery};
  for (auto more = at.first(); more && out.size() < limit;) {
    auto account = from_big_endian<account_id>(at.key());
    auto total = deliveries_of(account, 0, 0).total;
    auto excess = total - std::min(total, kept_max);
    for (; more && at.key().starts_with(big_endian(account)) && out.size() < limit;
         more = at.next()) {
      auto x = decode_delivery(at.value());
      if (x.created >= before && excess == 0)
        break;
      excess -= std::min<std::uint64_t>(excess, 1);
      if (x.state != delivery_state::pending)
        out.emplace_back(account, x.id);
    }
    more = at.seek(big_endian(account) + std::string(16, '\xFF'));
  }
  return out;
}

} // namespace convertd
