// A record is read whole and writes itself again as it was read, or is a store_error.
#include "storage/fd.hpp"
#include "storage/record.hpp"
#include "storage/store.hpp"
#include "tests/fuzz/fuzzing.hpp"

#include <string_view>

using namespace convertd;

namespace {

constexpr std::size_t header_bytes = 6;

/// The checksum put right: without it no input would come further.
std::string with_checksum(std::string_view input) {
  std::string out{input};
  if (out.size() < header_bytes)
    return out;
  std::string_view view{out};
  auto crc = crc32_of(view.substr(header_bytes), crc32_of(view.substr(0, 2)));
  for (std::size_t i = 2; i < header_bytes; ++i, crc >>= 8)
    out[i] = static_cast<char>(crc & 0xFF);
  return out;
}

template <class Decode>
void try_to(const Decode& decode, std::string_view bytes) {
  try {
    auto once = encode(decode(bytes));
    must(encode(decode(once)) == once);
  } catch (const store_error&) {
  }
}

} // namespace

FUZZ(input) {
  for (const auto& bytes : {std::string{input}, with_checksum(input)}) {
    try_to(decode_job, bytes);
    try_to(decode_spec, bytes);
    try_to(decode_file, bytes);
    try_to(decode_account, bytes);
    try_to(decode_totals, bytes);
    try_to(decode_key, bytes);
    try_to(decode_idempotency, bytes);
    try_to(decode_saved, bytes);
    try_to(decode_place, bytes);
    try_to(decode_webhook, bytes);
    try_to(decode_callback, bytes);
    try_to(decode_delivery, bytes);
    try {
      must(decode_bytes(bytes).size() <= bytes.size());
    } catch (const store_error&) {
    }
    try {
      decode_account_id(bytes);
    } catch (const store_error&) {
    }
    try {
      must(decode_requests(encode_requests(decode_requests(bytes))) == decode_requests(bytes));
    } catch (const store_error&) {
    }
  }
}
