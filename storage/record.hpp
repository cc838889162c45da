// Records as bytes, and back.
//
//   offset 0  kind      1 byte    which record this is
//          1  version   1 byte    of that kind's layout
//          2  CRC-32    4 bytes   little endian, of everything from offset 6 on, and of kind and
//          version 6  fields    in the order of the struct: integers little endian in their own
//          width,
//                       times as 8 bytes of milliseconds, texts as 4 bytes of length and the bytes
//
// A change of a layout raises that kind's version; the decoder reads every version that was ever
// released. A newer version, a wrong kind, a checksum that does not fit or a field that is cut off
// is a store_error that names the kind.
#pragma once

#include "job/account.hpp"
#include "job/idempotency.hpp"
#include "job/job.hpp"
#include "job/stored_file.hpp"
#include "job/webhook.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace convertd {

std::string encode(const job_record& x);
std::string encode(const job_spec& x);
std::string encode(const file_record& x);
std::string encode(const account_record& x);
std::string encode(const account_totals& x);
std::string encode(const key_record& x);
std::string encode(const saved_file& x);
/// Requests of one account in one month.
std::string encode_requests(std::uint64_t x);
/// The place of an output.
std::string encode(const output_place& x);
std::string encode(const idempotency_record& x);
/// Bytes of a source or an output that is kept in the store.
std::string encode_bytes(std::string_view bytes);
/// An account's number, behind its name.
std::string encode_account_id(account_id x);
// webhook_record.cpp
std::string encode(const webhook_record& x);
std::string encode(const callback_record& x);
std::string encode(const delivery_record& x);

/// Whether the bytes are those that were written, of whatever kind they are.
bool checksum_fits(std::string_view record);

job_record decode_job(std::string_view bytes);
job_spec decode_spec(std::string_view bytes);
file_record decode_file(std::string_view bytes);
account_record decode_account(std::string_view bytes);
account_totals decode_totals(std::string_view bytes);
key_record decode_key(std::string_view bytes);
idempotency_record decode_idempotency(std::string_view bytes);
std::string decode_bytes(std::string_view bytes);
account_id decode_account_id(std::string_view bytes);
std::uint64_t decode_requests(std::string_view bytes);
saved_file decode_saved(std::string_view bytes);
output_place decode_place(std::string_view bytes);
webhook_record decode_webhook(std::string_view bytes);
callback_record decode_callback(std::string_view bytes);
delivery_record decode_delivery(std::string_view bytes);

} // namespace convertd
