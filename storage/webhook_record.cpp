#include "storage/field_codec.hpp"
#include "storage/record.hpp"

namespace convertd {

namespace {

constexpr std::uint8_t version_1 = 1;

} // namespace

std::string encode(const webhook_record& x) {
  field_writer out{record_kind::webhook, version_1};
  out << x.id << x.account << x.url << x.events << x.active << x.secret << x.old_secret
      << x.old_secret_until << x.created;
  return out.finish();
}

webhook_record decode_webhook(std::string_view bytes) {
  field_reader in{bytes, record_kind::webhook, version_1};
  webhook_record x;
  in >> x.id >> x.account >> x.url >> x.events >> x.active >> x.secret >> x.old_secret
    >> x.old_secret_until >> x.created;
  return x;
}

std::string encode(const callback_record& x) {
  field_writer out{record_kind::callback, version_1};
  out << x.url << x.secret;
  return out.finish();
}

callback_record decode_callback(std::string_view bytes) {
  callback_record x;
  field_reader{bytes, record_kind::callback, version_1} >> x.url >> x.secret;
  return x;
}

std::string encode(const delivery_record& x) {
  field_writer out{record_kind::delivery, version_1};
  out << x.id << x.account << x.webhook << x.target << x.event << x.kind << x.job << x.file
      << x.state << x.http_status << x.response << x.trouble << x.attempts << x.tries << x.created
      << x.since << x.next_attempt << x.completed;
  return out.finish();
}

delivery_record decode_delivery(std::string_view bytes) {
  field_reader in{bytes, record_kind::delivery, version_1};
  delivery_record x;
  in >> x.id >> x.account >> x.webhook >> x.target >> x.event >> x.kind >> x.job >> x.file
    >> x.state >> x.http_status >> x.response >> x.trouble >> x.attempts >> x.tries >> x.created
    >> x.since >> x.next_attempt >> x.completed;
  return x;
}

} // namespace convertd
