#include "storage/record.hpp"

#include "storage/fd.hpp"
#include "storage/field_codec.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <limits>

namespace convertd {

namespace {

constexpr std::uint8_t version_1 = 1;
constexpr std::uint8_t version_2 = 2;
constexpr std::uint8_t version_3 = 3;
constexpr std::uint8_t version_4 = 4;

constexpr std::array<std::string_view, 13> kind_names{
  "?",          "job",         "job spec", "file",           "account",
  "totals",     "key",         "bytes",    "account number", "place",
  "saved file", "idempotency", "requests",
};

std::string_view name_of(record_kind kind) {
  switch (kind) {
    case record_kind::webhook: return "webhook";
    case record_kind::callback: return "callback";
    case record_kind::delivery: return "delivery";
    default: break;
  }
  return kind_names[static_cast<std::size_t>(kind)];
}

/// Over kind, version and fields, so that none of them can change unnoticed.
std::uint32_t checksum(std::string_view record) {
  auto fields = record.substr(record_header_bytes);
  return crc32_of(fields, crc32_of(record.substr(0, 2)));
}

[[noreturn]] void damaged(record_kind kind, std::string_view how) {
  throw store_error{"a " + std::string{name_of(kind)} + " record of the store " + std::string{how},
                    store_error::kind::damaged};
}

void write(field_writer& out, std::optional<std::uint32_t> crc) {
  out << crc.has_value() << crc.value_or(0);
}

void read(field_reader& in, std::optional<std::uint32_t>& crc) {
  bool known = false;
  std::uint32_t value = 0;
  in >> known >> value;
  crc = known ? std::optional{value} : std::nullopt;
}

void write(field_writer& out, const conversion& x) {
  out << x.target << x.quality << x.resize << x.width << x.height << x.auto_orient
      << x.strip_metadata << x.op << x.mode << x.target_bytes << x.lossless;
}

void read(field_reader& in, conversion& x) {
  in >> x.target >> x.quality >> x.resize >> x.width >> x.height >> x.auto_orient
    >> x.strip_metadata;
  if (in.version() >= version_3)
    in >> x.op >> x.mode >> x.target_bytes >> x.lossless;
}

void write(field_writer& out, const file_result& x) {
  out << x.id << x.size << x.crc32 << x.width << x.height << x.applied_quality << x.stored_inline;
}

void read(field_reader& in, file_result& x) {
  in >> x.id >> x.size >> x.crc32 >> x.width >> x.height >> x.applied_quality >> x.stored_inline;
}

/// In microseconds; an hour and more is as good as an hour.
void write(field_writer& out, std::chrono::microseconds x) {
  constexpr std::chrono::microseconds::rep most = std::numeric_limits<std::uint32_t>::max();
  out << static_cast<std::uint32_t>(std::clamp<std::chrono::microseconds::rep>(x.count(), 0, most));
}

void read(field_reader& in, std::chrono::microseconds& x) {
  std::uint32_t count = 0;
  in >> count;
  x = std::chrono::microseconds{count};
}

/// The times of a result; apart from it because they came later.
template <class Result, class Do>
void each_time(Result& x, Do what) {
  what(x.stages.decode);
  what(x.stages.transform);
  what(x.stages.encode);
  what(x.stages.compress);
  what(x.store);
}

} // namespace

field_writer::field_writer(record_kind kind, std::uint8_t version) {
  *this << kind << version << std::uint32_t{0};
}

std::string field_writer::finish() {
  auto crc = checksum(out_);
  for (std::size_t i = 2; i < record_header_bytes; ++i, crc >>= 8)
    out_[i] = static_cast<char>(crc & 0xFF);
  return std::move(out_);
}

field_reader::field_reader(std::string_view record, record_kind kind, std::uint8_t newest)
  : left_{record}, kind_{kind} {
  if (record.size() < record_header_bytes)
    damaged(kind, "is cut off");
  record_kind found{};
  std::uint32_t crc = 0;
  *this >> found >> version_ >> crc;
  if (crc != checksum(record))
    damaged(kind, "does not fit its checksum");
  if (found != kind)
    damaged(kind, "is of another kind");
  if (version_ == 0 || version_ > newest)
    damaged(kind, "has the newer version " + std::to_string(version_));
}

std::string_view field_reader::take(std::size_t length) {
  if (length > left_.size())
    damaged(kind_, "is cut off");
  auto taken = left_.substr(0, length);
  left_.remove_prefix(length);
  return taken;
}

bool checksum_fits(std::string_view record) {
  if (record.size() < record_header_bytes)
    return false;
  std::uint32_t stored = 0;
  for (auto i = record_header_bytes; i-- > 2;)
    stored = stored << 8 | static_cast<std::uint8_t>(record[i]);
  return stored == checksum(record);
}

std::string encode(const job_record& x) {
  field_writer out{record_kind::job, version_2};
  out << x.id << x.account << x.state << x.type << x.files_total << x.files_completed
      << x.files_failed << x.change << x.created << x.started << x.completed << x.expires
      << x.erased << x.error << x.error_message << x.source_bytes << x.output_bytes
      << x.sources_inline;
  write(out, x.source_crc32);
  return out.finish();
}

job_record decode_job(std::string_view bytes) {
  field_reader in{bytes, record_kind::job, version_2};
  job_record x;
  in >> x.id >> x.account >> x.state >> x.type >> x.files_total >> x.files_completed
    >> x.files_failed >> x.change >> x.created >> x.started >> x.completed >> x.expires >> x.erased
    >> x.error >> x.error_message >> x.source_bytes >> x.output_bytes >> x.sources_inline;
  if (in.version() >= version_2)
    read(in, x.source_crc32);
  return x;
}

std::string encode(const job_spec& x) {
  field_writer out{record_kind::spec, version_3};
  out << x.type << x.metadata << x.base_url << x.create_archive << x.priority << x.request_id
      << x.trace_parent;
  return out.finish();
}

job_spec decode_spec(std::string_view bytes) {
  field_reader in{bytes, record_kind::spec, version_3};
  job_spec x;
  in >> x.type >> x.metadata >> x.base_url;
  if (in.version() >= version_2)
    in >> x.create_archive >> x.priority;
  if (in.version() >= version_3)
    in >> x.request_id >> x.trace_parent;
  return x;
}

std::string encode(const file_record& x) {
  field_writer out{record_kind::file, version_4};
  out << x.index << x.source_name << x.target_name << x.offset << x.length;
  write(out, x.what);
  out << x.progress.state << x.progress.crashes << x.progress.interruptions << x.progress.error
      << x.error_message << x.error_detail;
  write(out, x.result);
  out << x.change << x.result.erased << x.started;
  each_time(x.result, [&](auto time) { write(out, time); });
  return out.finish();
}

file_record decode_file(std::string_view bytes) {
  field_reader in{bytes, record_kind::file, version_4};
  file_record x;
  in >> x.index >> x.source_name >> x.target_name >> x.offset >> x.length;
  read(in, x.what);
  in >> x.progress.state >> x.progress.crashes >> x.progress.interruptions >> x.progress.error
    >> x.error_message;
  if (in.version() >= version_3)
    in >> x.error_detail;
  read(in, x.result);
  in >> x.change;
  if (in.version() >= version_2)
    in >> x.result.erased;
  if (in.version() >= version_4) {
    in >> x.started;
    each_time(x.result, [&](auto& time) { read(in, time); });
  }
  return x;
}

std::string encode(const account_record& x) {
  field_writer out{record_kind::account, version_1};
  out << x.id << x.name << x.plan << x.created;
  return out.finish();
}

account_record decode_account(std::string_view bytes) {
  field_reader in{bytes, record_kind::account, version_1};
  account_record x;
  in >> x.id >> x.name >> x.plan >> x.created;
  return x;
}

std::string encode(const account_totals& x) {
  field_writer out{record_kind::totals, version_2};
  for (auto count : x.jobs)
    out << count;
  out << x.source_bytes << x.output_bytes << x.saved_bytes << x.stored_files;
  return out.finish();
}

account_totals decode_totals(std::string_view bytes) {
  field_reader in{bytes, record_kind::totals, version_2};
  account_totals x;
  for (auto& count : x.jobs)
    in >> count;
  in >> x.source_bytes >> x.output_bytes;
  if (in.version() >= version_2)
    in >> x.saved_bytes >> x.stored_files;
  return x;
}

std::string encode(const key_record& x) {
  field_writer out{record_kind::key, version_1};
  for (auto byte : x.hash)
    out << byte;
  out << x.account << x.label << x.hint << x.admin << x.created;
  return out.finish();
}

key_record decode_key(std::string_view bytes) {
  field_reader in{bytes, record_kind::key, version_1};
  key_record x;
  for (auto& byte : x.hash)
    in >> byte;
  in >> x.account >> x.label >> x.hint >> x.admin >> x.created;
  return x;
}

std::string encode(const idempotency_record& x) {
  field_writer out{record_kind::idempotency, version_1};
  out << x.account << x.key;
  for (auto byte : x.request)
    out << byte;
  out << x.job << x.created;
  return out.finish();
}

idempotency_record decode_idempotency(std::string_view bytes) {
  field_reader in{bytes, record_kind::idempotency, version_1};
  idempotency_record x;
  in >> x.account >> x.key;
  for (auto& byte : x.request)
    in >> byte;
  in >> x.job >> x.created;
  return x;
}

std::string encode_bytes(std::string_view bytes) {
  return field_writer{record_kind::bytes, version_1}.rest(bytes).finish();
}

std::string decode_bytes(std::string_view bytes) {
  return std::string{field_reader{bytes, record_kind::bytes, version_1}.rest()};
}

std::string encode_account_id(account_id x) {
  field_writer out{record_kind::account_number, version_1};
  out << x;
  return out.finish();
}

account_id decode_account_id(std::string_view bytes) {
  account_id x = 0;
  field_reader{bytes, record_kind::account_number, version_1} >> x;
  return x;
}

std::string encode(const output_place& x) {
  field_writer out{record_kind::place, version_2};
  out << x.job << x.index << x.name;
  return out.finish();
}

output_place decode_place(std::string_view bytes) {
  field_reader in{bytes, record_kind::place, version_2};
  output_place x;
  in >> x.job >> x.index;
  if (in.version() >= version_2)
    in >> x.name;
  return x;
}

std::string encode(const saved_file& x) {
  field_writer out{record_kind::saved, version_2};
  out << x.id << x.account << x.name << x.format << x.size << x.created << x.stored_inline;
  write(out, x.crc32);
  return out.finish();
}

std::string encode_requests(std::uint64_t x) {
  field_writer out{record_kind::requests, version_1};
  out << x;
  return out.finish();
}

std::uint64_t decode_requests(std::string_view bytes) {
  std::uint64_t x = 0;
  field_reader{bytes, record_kind::requests, version_1} >> x;
  return x;
}

saved_file decode_saved(std::string_view bytes) {
  field_reader in{bytes, record_kind::saved, version_2};
  saved_file x;
  in >> x.id >> x.account >> x.name >> x.format >> x.size >> x.created >> x.stored_inline;
  if (in.version() >= version_2)
    read(in, x.crc32);
  return x;
}

} // namespace convertd
